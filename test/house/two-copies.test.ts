/** Package managers install core twice where versions differ. Users must not notice. */

import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { renderTrace } from '@openlayer-tracing/local';
import express, { type ErrorRequestHandler } from 'express';
import request from 'supertest';
import { ROOT } from './repository.ts';

interface Copy {
  readonly core: typeof import('@openlayer-tracing/core');
  readonly testing: typeof import('@openlayer-tracing/core/testing');
  readonly express: typeof import('@openlayer-tracing/express');
}

/** Installs core and the Express adapter once more, as a dependency of something, and loads them from there. */
async function install(folder: string, name: string): Promise<Copy> {
  const modules = join(folder, name, 'node_modules', '@openlayer-tracing');
  for (const each of ['core', 'express']) {
    for (const part of ['package.json', 'dist']) {
      const from = join(ROOT, 'packages', each, part);
      await cp(from, join(modules, each, part), { recursive: true });
    }
  }
  const { resolve } = createRequire(join(folder, name, 'index.js'));
  const load = (door: string) =>
    import(pathToFileURL(resolve(`@openlayer-tracing/${door}`)).href) as Promise<never>;
  return {
    core: await load('core'),
    testing: await load('core/testing'),
    express: await load('express'),
  };
}

describe('two installed copies of core', () => {
  let folder: string;
  let a: Copy;
  let b: Copy;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openlayer-copies-'));
    a = await install(folder, 'a');
    b = await install(folder, 'b');
  });

  after(() => rm(folder, { recursive: true, force: true }));

  /** What `act` has published, as trees. */
  async function tracesOf(act: () => Promise<unknown> | unknown): Promise<readonly string[]> {
    using traces = a.testing.captureTraces();
    await act();
    const rows = await traces.rows();
    return rows.map((row) => `\n${renderTrace(row, { timings: false })}`);
  }

  it('are two', () => {
    assert.notEqual(a.core.step, b.core.step);
    assert.notEqual(a.core.SendError, b.core.SendError);
    assert.notEqual(a.express.openlayerTracing, b.express.openlayerTracing);
  });

  it('share one process-wide tracer, whoever made it', () => {
    using _traces = b.testing.captureTraces();
    assert.equal(a.core.getTracer(), b.core.getTracer());
  });

  it('put the steps of one into the trace of the other', async () => {
    const outer = async () => {
      a.core.updateCurrentTrace({ inferenceId: 'outer' });
      await b.core.step({ name: 'of b', type: 'tool' }, async () => {
        await null;
        await a.core.step('of a in b', async () => b.core.updateCurrentStep({ output: 'by b' }));
      });
      b.core.addStep({ name: 'finished, of b', output: 1 });
      using started = b.core.startStep('started, of b');
      started.run(() => a.core.updateCurrentStep({ output: 'by a' }));
    };
    assert.deepEqual(await tracesOf(a.core.trace(outer, { name: 'outer, of a' })), [
      `
outer
└─ outer, of a [user_call]
   ├─ of b [tool]
   │  └─ of a in b [user_call]  → "by b"
   ├─ finished, of b [user_call]  → 1
   └─ started, of b [user_call]  → "by a"`,
    ]);
  });

  it('know the same current trace and step, and update them', async () => {
    using traces = a.testing.captureTraces();
    await a.core.trace(() => {
      assert.ok(a.core.currentTrace());
      assert.equal(b.core.currentTrace(), a.core.currentTrace());
      assert.equal(b.core.currentStep(), a.core.currentStep());
      b.core.updateCurrentTrace({ userId: 'ada', metadata: { by: 'b' } });
    })();
    const [row] = await traces.rows();
    assert.equal(row?.user_id, 'ada');
    assert.deepEqual(row?.metadata, { by: 'b' });
  });

  it('keep to themselves outside of a trace', () => {
    assert.equal(a.core.currentTrace(), undefined);
    assert.equal(b.core.currentTrace(), undefined);
  });

  it('find the trace of a request that the other opened', async () => {
    const published = await tracesOf(async () => {
      const app = express();
      app.use(a.express.openlayerTracing());
      app.get('/', async (req, res) => {
        assert.ok(req.trace);
        assert.equal(b.core.getTrace(req), req.trace);
        assert.equal(b.core.currentTrace(), req.trace);
        await b.core.getTrace(req)?.step('through b', () => b.core.step('deeper', () => null));
        res.json('done');
      });
      await request(app).get('/').set('X-Request-Id', 'req-1').expect(200);
    });
    assert.deepEqual(published, [
      `
req-1  completed  200
└─ GET / [user_call]  → "done"
   └─ through b [user_call]
      └─ deeper [user_call]`,
    ]);
  });

  it('take a tracer that the other made', async () => {
    const transport = a.testing.memoryTransport();
    const tracer = a.core.createTracer({ transport, apiKey: 'key', inferencePipelineId: 'id' });
    const app = express();
    app.use(b.express.openlayerTracing({ tracer }));
    app.get('/', async (_req, res) => {
      await a.core.step('of a', () => null);
      res.json('done');
    });
    await request(app).get('/').expect(200);
    await tracer.shutdown();
    assert.deepEqual(
      transport.rows.map(({ steps }) => steps[0]?.steps.map(({ name }) => name)),
      [['of a']],
    );
  });

  it('make one trace of a request where both are mounted', async () => {
    const published = await tracesOf(async () => {
      const app = express();
      app.use(a.express.openlayerTracing());
      app.use(b.express.openlayerTracing());
      app.get('/both', async (req, res) => {
        assert.equal(req.trace, a.core.getTrace(req));
        await b.core.step('of b', () => a.core.step('of a', () => null));
        res.json({ answer: 42 });
      });
      app.get('/fails', () => {
        throw new Error('no answer');
      });
      app.use(((error, _req, res, _next) => {
        res.status(500).json(String(error));
      }) satisfies ErrorRequestHandler);
      await request(app).get('/both').set('X-Request-Id', 'both').expect(200, { answer: 42 });
      await request(app).get('/fails').set('X-Request-Id', 'fails').expect(500);
    });
    assert.deepEqual(published, [
      `
both  completed  200
└─ GET /both [user_call]  → {"answer":42}
   └─ of b [user_call]
      └─ of a [user_call]`,
      `
fails  error  500
└─ GET /fails [user_call]  ✗ no answer  → "Error: no answer"`,
    ]);
  });
});
