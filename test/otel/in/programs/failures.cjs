/** What broke elsewhere, by the number in the list of failures. */

const { EventEmitter, once } = require('node:events');
const { createServer } = require('node:http');

const CHAT = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-5-mini',
};
const USAGE = { 'gen_ai.usage.input_tokens': 12, 'gen_ai.usage.output_tokens': 3 };

/** A server that keeps the headers of what it is asked. */
async function echoServer() {
  const received = [];
  const server = createServer((req, res) => {
    const raw = [];
    for (let i = 0; i < req.rawHeaders.length; i += 2) {
      if (req.rawHeaders[i].toLowerCase() === 'traceparent') raw.push(req.rawHeaders[i + 1]);
    }
    received.push(raw);
    res.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, received, server };
}

async function tenRequests({ serve, ask, otel }) {
  const { url, server } = await serve((app) => {
    app.get('/n', (_req, res) =>
      otel.startActiveSpan('work', (span) => {
        span.end();
        res.json({});
      }),
    );
  });
  for (let i = 0; i < 10; i++) await ask(`${url}/n`);
  server.close();
}

exports.off = {
  instrumentations: ['http', 'express'],
  sampler: (sdk) => new sdk.AlwaysOffSampler(),
  run: tenRequests,
};

exports.recordOnly = {
  instrumentations: ['http', 'express'],
  sampler: (sdk) =>
    sdk.createAlwaysRecordSampler?.(new sdk.AlwaysOffSampler()) ?? {
      shouldSample: () => ({ decision: sdk.SamplingDecision.RECORD }),
      toString: () => 'AlwaysRecord',
    },
  run: tenRequests,
};

async function withHeaders({ serve, ask, otel }) {
  const { url, server } = await serve((app) => {
    app.get('/a', (req, res) =>
      otel.startActiveSpan('work', (span) => {
        const own = span.spanContext();
        span.end();
        res.json({ traceId: req.trace.traceId, otel: own.traceId });
      }),
    );
  });
  const valid = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const unsampled = valid.replace(/1$/, '0');
  const other = '00-1bf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const answers = [];
  for (const traceparent of [valid, [valid, other], [], unsampled]) {
    answers.push(JSON.parse(await ask(`${url}/a`, { headers: { traceparent } })));
  }
  server.close();
  return answers;
}

exports.headers = { instrumentations: ['http', 'express'], run: withHeaders };
exports.headersOnly = { run: withHeaders };

exports.injected = {
  instrumentations: ['http', 'express', 'undici'],
  async run({ serve, ask }) {
    const echo = await echoServer();
    const http = require('node:http');
    const { url, server } = await serve((app) => {
      app.get('/out', async (req, res) => {
        const headers = req.trace.headers();
        await fetch(`${echo.url}/fetch`, { headers });
        await new Promise((resolve) =>
          http.get(`${echo.url}/http`, { headers }, (r) => r.resume().on('end', resolve)),
        );
        res.json({ traceId: req.trace.traceId, headers });
      });
    });
    const answer = JSON.parse(await ask(`${url}/out`));
    server.close();
    echo.server.close();
    return { ...answer, received: echo.received };
  },
};

exports.notInjected = {
  async run({ serve, ask }) {
    const echo = await echoServer();
    const { url, server } = await serve((app) => {
      app.get('/out', async (req, res) => {
        await fetch(echo.url, { headers: req.trace.headers() });
        res.json({ traceId: req.trace.traceId });
      });
    });
    const answer = JSON.parse(await ask(`${url}/out`));
    server.close();
    echo.server.close();
    return { ...answer, received: echo.received };
  },
};

exports.agent = {
  async run({ serve, ask, otel }) {
    const { url, server } = await serve((app) => {
      app.get('/agent', (_req, res) => {
        const attributes = {
          'gen_ai.operation.name': 'invoke_agent',
          'gen_ai.agent.name': 'helper',
        };
        otel.startActiveSpan('invoke_agent helper', { attributes }, (agent) => {
          for (let i = 0; i < 2; i++) {
            const call = otel.startSpan('chat gpt-5-mini', { kind: 2, attributes: CHAT });
            call.setAttributes({ ...USAGE, 'gen_ai.usage.reasoning.output_tokens': 2 });
            call.end();
          }
          agent.setAttributes({ 'gen_ai.usage.input_tokens': 24, 'gen_ai.usage.output_tokens': 6 });
          agent.end();
        });
        // A span that says only at its end that it is a model call, around one that is.
        otel.startActiveSpan('ask', (outer) => {
          otel.startSpan('chat gpt-5-mini', { kind: 2, attributes: { ...CHAT, ...USAGE } }).end();
          outer.setAttributes({ ...CHAT, ...USAGE });
          outer.end();
        });
        res.json({});
      });
    });
    await ask(`${url}/agent`);
    server.close();
  },
};

exports.neverEnds = {
  waitMs: 1500,
  async run({ serve, ask, otel, pause }) {
    const open = [];
    const { url, server } = await serve(
      (app) => {
        app.get('/chain', (_req, res) => {
          open.push(otel.startSpan('never', { attributes: { why: 'broken stream' } }));
          res.json({});
        });
        app.get('/model', (_req, res) => {
          open.push(otel.startSpan('chat never', { kind: 2, attributes: CHAT }));
          res.json({});
        });
      },
      { maxAgeMs: 800 },
    );
    await ask(`${url}/chain`);
    await pause(100);
    await ask(`${url}/model`);
    await pause(2500);
    for (const span of open) span.end();
    server.close();
  },
};

exports.endsTwice = {
  processors: ({ openlayerSpanProcessor }) => {
    const processor = openlayerSpanProcessor();
    return [
      {
        onStart: (span, context) => processor.onStart(span, context),
        onEnd(span) {
          processor.onEnd(span);
          processor.onEnd(span);
        },
        forceFlush: () => processor.forceFlush(),
        shutdown: () => processor.shutdown(),
      },
      // A second one on the same provider.
      openlayerSpanProcessor(),
    ];
  },
  async run({ serve, ask, otel }) {
    const { url, server } = await serve((app) => {
      app.get('/twice', (_req, res) => {
        otel.startSpan('chat gpt-5-mini', { kind: 2, attributes: { ...CHAT, ...USAGE } }).end();
        res.json({});
      });
    });
    await ask(`${url}/twice`);
    server.close();
  },
};

exports.endsLate = {
  waitMs: 100,
  async run({ serve, ask, otel, pause }) {
    const { url, server } = await serve((app) => {
      app.get('/model', (_req, res) => {
        const call = otel.startSpan('chat gpt-5-mini', { kind: 2, attributes: CHAT });
        setTimeout(() => call.setAttributes(USAGE).end(), 200);
        res.json({});
      });
      app.get('/waits', (req, res) => {
        const span = otel.startSpan('background');
        req.trace.waitUntil(pause(100).then(() => span.end()));
        res.json({});
      });
      app.get('/late', (_req, res) => {
        const span = otel.startSpan('too late');
        setTimeout(() => {
          span.end();
          otel.startSpan('chat after', { kind: 2, attributes: CHAT }).end();
        }, 200);
        res.json({});
      });
    });
    for (const path of ['model', 'waits', 'late']) await ask(`${url}/${path}`);
    await pause(400);
    server.close();
  },
};

/** Runs work later in the context of OpenTelemetry alone, as a pool does. */
function contextPool(api) {
  const queue = [];
  const timer = setInterval(() => {
    for (const { context, fn } of queue.splice(0)) api.context.with(context, fn);
  }, 10);
  timer.unref();
  return (fn) => queue.push({ context: api.context.active(), fn });
}

exports.notRecorded = {
  instrumentations: ['http', 'express'],
  options: { orphans: 'trace' },
  async run({ serve, ask, otel, pause, api }) {
    const later = contextPool(api);
    const routes = (app) => {
      app.get('/dropped', (req, res) => {
        const call = () =>
          otel.startSpan('chat gpt-5-mini', { kind: 2, attributes: { ...CHAT, ...USAGE } }).end();
        call();
        later(call);
        res.json({ isInert: req.trace.traceId });
        setTimeout(call, 50);
      });
    };
    const sampledOut = await serve(routes, { sample: 0 });
    const skipped = await serve(routes, { skip: () => true });
    const refused = await serve(routes, { sample: () => false });
    for (const { url, server } of [sampledOut, skipped, refused]) {
      await ask(`${url}/dropped`);
      await pause(100);
      server.close();
    }
  },
};

exports.orphans = {
  options: { orphans: 'trace' },
  async run({ otel, pause }) {
    otel.startSpan('GET /', { kind: 2, attributes: { 'http.request.method': 'GET' } }).end();
    const ids = otel.startActiveSpan(
      'invoke_agent helper',
      { attributes: { 'gen_ai.operation.name': 'invoke_agent' } },
      (agent) => {
        otel.startSpan('chat gpt-5-mini', { kind: 2, attributes: { ...CHAT, ...USAGE } }).end();
        agent.end();
        return agent.spanContext();
      },
    );
    await pause(50);
    return ids.traceId;
  },
};

exports.memory = {
  waitMs: 10,
  async run({ serve, ask, otel, pause }) {
    const refs = [];
    const { url, server } = await serve((app) => {
      app.get('/leak', (_req, res) => {
        otel.startActiveSpan('never', { attributes: { text: 'x'.repeat(20_000) } }, (span) => {
          refs.push(new WeakRef(span));
          otel.startSpan('below', { attributes: CHAT }).end();
        });
        res.json({});
      });
    });
    for (let i = 0; i < 200; i++) await ask(`${url}/leak`);
    await pause(300);
    for (let i = 0; i < 5; i++) {
      globalThis.gc();
      await pause(20);
    }
    server.close();
    return refs.filter((ref) => ref.deref() !== undefined).length;
  },
};

exports.filtered = {
  instrumentations: ['http', 'express'],
  options: {
    filter: ({ name }) => {
      if (name === 'broken') throw new Error('this filter fails');
      return name === 'hidden' ? false : undefined;
    },
  },
  async run({ serve, ask, otel }) {
    const { url, server } = await serve((app) => {
      app.post('/ask', (_req, res) => {
        otel.startActiveSpan('hidden', (hidden) => {
          otel.startActiveSpan('shown', (shown) => {
            otel.startSpan('broken').end();
            shown.end();
          });
          hidden.end();
        });
        res.json({ text: 'an answer' });
      });
    });
    await ask(`${url}/ask`, { method: 'POST', body: { question: 'why?' } });
    server.close();
  },
};

exports.scopes = {
  instrumentations: ['http', 'express', 'undici'],
  async run({ serve, ask, otel, express }) {
    const echo = await echoServer();
    const { url, server } = await serve((app) => {
      app.use(express.text());
      app.post('/nested', async (req, res) => {
        await req.trace.step('outer', async () => {
          await fetch(`${echo.url}/one`);
          await otel.startActiveSpan('span', async (span) => {
            await req.trace.step('inner', () => fetch(`${echo.url}/two`));
            span.end();
          });
        });
        await req.trace.step('stream', async function* () {
          yield 1;
          await otel.startActiveSpan('after a yield', async (span) => {
            await fetch(`${echo.url}/three`);
            span.end();
          });
          yield 2;
        });
        const values = [];
        const stream = req.trace.step('read', async function* () {
          yield 1;
          otel.startSpan('in the reader').end();
          yield 2;
        });
        for await (const value of stream) values.push(value);
        res.json(values);
      });
    });
    const answer = await ask(`${url}/nested`, { method: 'POST', body: { a: 1 } });
    server.close();
    echo.server.close();
    return answer;
  },
};

exports.queue = {
  instrumentations: ['http', 'express'],
  async run({ serve, ask, otel, api, pause }) {
    const jobs = new EventEmitter();
    let isStarted = false;
    const queue = [];
    const { url, server } = await serve((app) => {
      app.get('/job/:n', async (req, res) => {
        const done = new Promise((resolve) => {
          queue.push({ n: req.params.n, context: api.context.active(), resolve });
        });
        if (!isStarted) {
          isStarted = true;
          // The consumer runs in the context of the first request for ever.
          jobs.on('job', async () => {});
          (async () => {
            for (;;) {
              await pause(5);
              const job = queue.shift();
              if (job === undefined) continue;
              api.context.with(job.context, () => otel.startSpan(`explicit ${job.n}`).end());
              if (req.params.n !== job.n) otel.startSpan(`implicit ${job.n}`).end();
              job.resolve();
            }
          })();
        }
        await done;
        res.json({});
      });
    });
    for (const n of ['1', '2', '3']) await ask(`${url}/job/${n}`);
    server.close();
  },
};

exports.mismatch = {
  isRegistered: false,
  async run({ serve, ask, provider, pause }) {
    const older = require('api-older');
    older.trace.setGlobalTracerProvider(provider);
    const { url, server } = await serve((app) => {
      app.get('/', (_req, res) => res.json({}));
    });
    await ask(url);
    await ask(url);
    await pause(50);
    server.close();
  },
};

exports.foreignProvider = {
  processors: () => [],
  async run({ serve, ask, otel, openlayerSpanProcessor }) {
    // Somebody else has registered a provider; the processor cannot be added to it.
    openlayerSpanProcessor();
    const { url, server } = await serve((app) => {
      app.get('/', (req, res) => res.json({ traceId: req.trace.traceId }));
    });
    const answer = await otel.startActiveSpan('test', async (span) => {
      span.end();
      return JSON.parse(await ask(url));
    });
    server.close();
    return answer;
  },
};

exports.concurrent = {
  instrumentations: ['http', 'express'],
  async run({ serve, ask, otel, pause }) {
    const { url, server } = await serve((app) => {
      app.get('/c/:n', async (req, res) => {
        const { n } = req.params;
        await otel.startActiveSpan(`span ${n}`, async (span) => {
          await pause(Math.random() * 20);
          await req.trace.step(`step ${n}`, async () => {
            await pause(Math.random() * 20);
            otel.startSpan('leaf', { attributes: { n } }).end();
          });
          span.end();
        });
        res.json({ n });
      });
    });
    await Promise.all(Array.from({ length: 50 }, (_, i) => ask(`${url}/c/${i}`)));
    server.close();
  },
};

exports.sharedTraceId = {
  instrumentations: ['http', 'express'],
  async run({ serve, ask, otel }) {
    const { url, server } = await serve((app) => {
      app.get('/s/:n', (req, res) => {
        otel.startSpan(`leaf ${req.params.n}`).end();
        res.json({});
      });
    });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await Promise.all(
      Array.from({ length: 5 }, (_, i) => ask(`${url}/s/${i}`, { headers: { traceparent } })),
    );
    server.close();
  },
};

exports.secrets = {
  async run({ serve, ask, otel }) {
    const { url, server } = await serve((app) => {
      app.get('/secret', (_req, res) => {
        const span = otel.startSpan('SELECT', {
          kind: 2,
          attributes: {
            'db.system.name': 'postgresql',
            'db.query.text': 'SELECT 1',
            'app.api_key': 'canary-one',
            password: 'canary-two',
            'http.request.header.authorization': 'Bearer canary-three',
          },
        });
        span.addEvent('login', { token: 'canary-four' });
        span.recordException(new Error('failed: https://host/?api_key=canary-five'));
        span.setStatus({ code: 2, message: '{"password":"canary-six"}' });
        span.end();
        res.json({});
      });
    });
    await ask(`${url}/secret`);
    server.close();
  },
};

exports.clocks = {
  async run({ serve, ask, otel }) {
    const { url, server } = await serve((app) => {
      app.get('/clocks', (_req, res) => {
        const now = Date.now();
        otel.startSpan('an hour ago', { startTime: now - 3_600_000 }).end(now - 3_600_000 + 20);
        otel.startSpan('in an hour', { startTime: now + 3_600_000 }).end(now + 3_600_000 + 30);
        setTimeout(() => {
          otel.startSpan('right', { startTime: new Date(Date.now() - 10) }).end();
          res.json({});
        }, 50);
      });
    });
    await ask(`${url}/clocks`);
    server.close();
  },
};
