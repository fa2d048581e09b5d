/** The test that an app's authors would write, for each framework, as text of a test file. */

type Modules = 'import' | 'require';

/** Names that a test file takes from modules; `''` for the default export. */
const NAMES: readonly (readonly [names: string, from: string])[] = [
  ['request', 'supertest'],
  ['express', 'express'],
  ['Koa', 'koa'],
  ['{ Hono }', 'hono'],
  ['{ openlayerTracing, step, ConfigError }', '@openlayer-tracing/express'],
  ['{ openlayerTracing: koaTracing }', '@openlayer-tracing/koa'],
  ['{ openlayerTracing: honoTracing }', '@openlayer-tracing/hono'],
  ['{ captureTraces }', '@openlayer-tracing/express/testing'],
  ['{ tracedFetch }', '@openlayer-tracing/integrations/fetch'],
  ['{ prices }', '@openlayer-tracing/integrations/pricing'],
  ['{ clsHookedScope }', '@openlayer-tracing/cls-hooked'],
];

function imports(modules: Modules): string {
  return NAMES.map(([names, from]) =>
    modules === 'import'
      ? `import ${names} from '${from}';`
      : `const ${names.replaceAll(': ', ': ')} = require('${from}');`,
  )
    .join('\n')
    .replaceAll(/(import \{[^}]*?): /g, '$1 as ');
}

const BODY = `
const seen = async (traces) => {
  const rows = await traces.rows();
  traces.restore();
  return rows.map(({ metadata, steps }) => [
    steps[0].name, metadata.http.status, steps[0].steps.map(({ name, type }) => [name, type].join(' ')),
  ]);
};

test('Express', async () => {
  const app = express();
  app.use(express.json(), openlayerTracing());
  app.post('/chat/:id', async (req, res) => {
    const answer = await req.trace.step({ name: 'retrieve', type: 'retriever' }, async () => {
      await null;
      return step('rank', () => 'yes');
    });
    res.json({ answer });
  });
  const traces = captureTraces();
  const response = await request(app).post('/chat/1').send({ question: 'Why?' });
  expect(response.body).toEqual({ answer: 'yes' });
  expect(await seen(traces)).toEqual([['POST /chat/:id', 200, ['retrieve retriever']]]);
});

test('Koa', async () => {
  const app = new Koa();
  app.use(koaTracing());
  app.use(async (ctx) => {
    ctx.body = await ctx.trace.step('answer', async () => 'yes');
  });
  const traces = captureTraces();
  const response = await request(app.callback()).get('/chat');
  expect(response.text).toBe('yes');
  expect(await seen(traces)).toEqual([['GET /chat', 200, ['answer user_call']]]);
});

test('Hono', async () => {
  const app = new Hono();
  app.use(honoTracing());
  app.get('/chat', async (c) => c.text(await c.var.trace.step('answer', async () => 'yes')));
  if (typeof Response === 'undefined') return;
  const traces = captureTraces();
  const response = await app.request('/chat');
  expect(await response.text()).toBe('yes');
  expect(await seen(traces)).toEqual([['GET /chat', 200, ['answer user_call']]]);
});

test('prices and errors', async () => {
  const list = prices();
  await list.ready();
  const call = { provider: 'openai', model: 'gpt-5-mini', promptTokens: 1000, completionTokens: 0 };
  expect(list.price({ ...call, usageDetails: {}, startTime: Date.now() })).toBeCloseTo(0.00025);
  expect(() => openlayerTracing({ maxAgeMs: -1 })).toThrow(ConfigError);
  expect(typeof tracedFetch).toBe('function');
  expect(typeof clsHookedScope).toBe('function');
});
`;

/** @param head what stands above the rest, such as the import of \`test\` */
export function chatTest(modules: Modules, head = ''): string {
  return `${head}\n${imports(modules)}\n${BODY}`;
}
