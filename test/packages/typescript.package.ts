/** The types under every module setting of TypeScript that is in use, with the libraries' types checked as well. */

import assert from 'node:assert/strict';
import { entryPointsOf, publishedPackages } from '../house/repository.ts';
import { type App, createApp } from './apps.ts';

interface Setting {
  readonly module: string;
  readonly moduleResolution: string;
  /** Whether a file may be of the kind that its package is not. */
  readonly hasBoth?: boolean;
  readonly type: 'commonjs' | 'module';
}

const NODE10 = { module: 'commonjs', moduleResolution: 'node10', type: 'commonjs' } as const;

const SETTINGS: readonly Setting[] = [
  { module: 'node16', moduleResolution: 'node16', hasBoth: true, type: 'commonjs' },
  { module: 'node16', moduleResolution: 'node16', hasBoth: true, type: 'module' },
  { module: 'nodenext', moduleResolution: 'nodenext', hasBoth: true, type: 'commonjs' },
  { module: 'esnext', moduleResolution: 'bundler', type: 'module' },
];

/** Version 7 has no node10 any more. */
const VERSIONS: Readonly<Record<string, readonly Setting[]>> = {
  '5.4': [NODE10, ...SETTINGS],
  '5.9': SETTINGS.slice(0, 1),
  '6.0': [NODE10, ...SETTINGS],
  '7.0': SETTINGS,
};

const FILES = {
  'app.ts': `
    import express from 'express';
    import Koa from 'koa';
    import { Hono } from 'hono';
    import OpenAI from 'openai';
    import { openlayerTracing, startStep, trace } from '@openlayer-tracing/express';
    import type { TracerOptions, WireRow } from '@openlayer-tracing/express';
    import { captureTraces } from '@openlayer-tracing/express/testing';
    import { openlayerTracing as honoTracing } from '@openlayer-tracing/hono';
    import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
    import { prices } from '@openlayer-tracing/integrations/pricing';
    import { openlayerTracing as koaTracing } from '@openlayer-tracing/koa';

    export const options: TracerOptions = { pricing: prices() };
    const app = express();
    app.use(openlayerTracing(options));
    const openai = traceOpenAI(new OpenAI({ apiKey: 'key' }));
    app.post('/chat', async (req, res) => {
      const answer: string = await req.trace.step({ name: 'ask', type: 'tool' }, async () => 'yes');
      res.json({ answer, tokens: req.trace.usage.tokens, list: await openai.models.list() });
    });
    new Koa().use(koaTracing()).use(async (ctx) => {
      const answer: string = await ctx.trace.step('ask', async () => 'yes');
      ctx.body = answer;
    });
    new Hono().use(honoTracing()).get('/', async (c) => {
      const answer: string = await c.var.trace.step('ask', async () => 'yes');
      return c.text(answer);
    });
    export const embed = trace(async (text: string) => [text.length], { name: 'embed', type: 'tool', params: ['text'] });
    // @ts-expect-error the types are there: an annotated function returns what the function does
    export const wrong: Promise<string> = embed('text');
    export async function first(): Promise<WireRow | undefined> {
      const traces = captureTraces();
      startStep('by hand').end();
      const [row] = await traces.rows();
      traces.restore();
      return row;
    }
  `,
  'all.ts': publishedPackages()
    .flatMap(entryPointsOf)
    .map((door, index) => `export * as m${index} from '${door}';`)
    .join('\n'),
  /** Of the one kind, whatever the package is: both builds of the types in one program. */
  'other.cts': `
    import tracing = require('@openlayer-tracing/express');
    import type { Request } from 'express';
    export const of = (req: Request): tracing.RequestTrace => req.trace;
  `,
  'other.mts': `
    import type { RequestTrace } from '@openlayer-tracing/express';
    import type { Request } from 'express';
    import { of } from './other.cjs';
    export const own = (req: Request): RequestTrace => of(req);
  `,
};

const WORKER = `
  import { Hono } from 'hono';
  import { createTracer, openlayerTracing } from '@openlayer-tracing/hono';
  import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
  export const app = new Hono()
    .use(openlayerTracing({ tracer: createTracer({ apiKey: 'key' }) }))
    .get('/', async (c) => {
      const answer: string = await c.var.trace.step('ask', async () => 'yes');
      // @ts-expect-error the types are there
      const id: number = c.var.trace.inferenceId;
      return c.json({ answer, id });
    });
  export { traceAnthropic };
`;

/** What a compiler says of our packages and of the app, but not of what other libraries have in their types. */
async function complaints(app: App, version: string, config: object): Promise<readonly string[]> {
  await app.write({ 'tsconfig.json': JSON.stringify(config) });
  const args = ['-p', '.', '--pretty', 'false'];
  const said = await app
    .node(`typescript-${version}/bin/tsc`, args)
    .catch((error: Error) => error.message);
  const complained = said.split('\n').filter((line) => /error TS/.test(line));
  assert.ok(said === '' || complained.length > 0, said);
  return complained.filter((line) => !line.startsWith('../node_modules/'));
}

for (const [version, settings] of Object.entries(VERSIONS)) {
  describe(`TypeScript ${version}`, function () {
    this.timeout(300_000);

    for (const { module, moduleResolution, type, hasBoth } of settings) {
      it(`takes the types under ${moduleResolution} in a package of type ${type}`, async () => {
        await using app = await createApp('types', { type });
        await app.write(FILES);
        const said = await complaints(app, version, {
          compilerOptions: {
            module,
            moduleResolution,
            target: 'es2022',
            strict: true,
            exactOptionalPropertyTypes: true,
            esModuleInterop: true,
            skipLibCheck: false,
            noEmit: true,
            types: ['node'],
            ...(version === '6.0' && { ignoreDeprecations: '6.0' }),
          },
          files: ['app.ts', 'all.ts', ...(hasBoth ? ['other.cts', 'other.mts'] : [])],
        });
        assert.deepEqual(said, []);
      });
    }

    it('takes the types in a Worker, which has none of Node', async () => {
      await using app = await createApp('types', { type: 'module' });
      await app.write({ 'worker.ts': WORKER });
      const said = await complaints(app, version, {
        compilerOptions: {
          module: 'esnext',
          moduleResolution: 'bundler',
          target: 'es2022',
          lib: ['es2023', 'webworker'],
          strict: true,
          // As every template for Workers has it: our types name those of Node where a server is Node's.
          skipLibCheck: true,
          noEmit: true,
          types: [],
        },
        files: ['worker.ts'],
      });
      assert.deepEqual(said, []);
    });
  });
}
