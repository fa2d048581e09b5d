/** Work that outlives its request: kept by `waitUntil`, else a trace of its own or a diagnostic that says what is lost. */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import {
  addStep,
  type RequestTrace,
  startStep,
  step,
  trace,
  updateCurrentStep,
  updateCurrentTrace,
} from '@openlayer-tracing/core';
import type { WireRow } from '@openlayer-tracing/core/wire';
import Bottleneck from 'bottleneck';
import { expressVersions } from '../express/frameworks.ts';
import type { Call, Framework } from '../harness/frameworks.ts';
import { later, pause, until } from '../harness/pause.ts';
import { httpOf, printed, stageOf, stepsOf } from '../harness/stage.ts';
import { hono } from '../hono/frameworks.ts';
import { koaVersions } from '../koa/frameworks.ts';

const require = createRequire(import.meta.url);
const { default: PQueue } = require('p-queue') as typeof import('p-queue');
const fastq = require('fastq') as typeof import('fastq');

type Work = (call: Call, signal: Promise<void>) => unknown;

/** What a handler begins, and leaves behind before the signal comes. */
const LEFT_BEHIND: readonly (readonly [what: string, lost: RegExp, Work])[] = [
  [
    'a step whose promise is not awaited',
    /^the end of step "job"/,
    ({ trace }, signal) => trace.step('job', () => signal),
  ],
  [
    'a step below one whose promise is not awaited',
    /^step "inner"/,
    ({ trace }, signal) => trace.step('job', () => signal.then(() => step('inner', () => {}))),
  ],
  [
    'a step that somebody else ends',
    /^the end of step "job"/,
    ({ trace }, signal) => {
      const job = trace.startStep('job');
      return signal.then(() => job.end());
    },
  ],
  [
    'an update of a step',
    /^an update of step "job"/,
    ({ trace }, signal) => {
      const job = trace.startStep('job');
      return signal.then(() => {
        job.update({ output: 'late' });
        job.end();
      });
    },
  ],
  [
    'a stream that is read later',
    /^the end of step "job"/,
    ({ trace }, signal) => {
      const words = trace.step('job', async function* () {
        yield 'one';
        yield 'two';
      });
      return signal.then(async () => {
        for await (const _word of words);
      });
    },
  ],
  ['step()', /^step "job"/, (_call, signal) => signal.then(() => step('job', () => {}))],
  ['startStep()', /^step "job"/, (_call, signal) => signal.then(() => startStep('job').end())],
  [
    'addStep()',
    /^step "job"/,
    (_call, signal) => signal.then(() => addStep({ name: 'job', type: 'tool' })),
  ],
  [
    'updateCurrentTrace()',
    /^updateCurrentTrace\(\)/,
    (_call, signal) => signal.then(() => updateCurrentTrace({ userId: 'late' })),
  ],
  [
    'updateCurrentStep()',
    /^updateCurrentStep\(\)/,
    (_call, signal) => signal.then(() => updateCurrentStep({ output: 'late' })),
  ],
  [
    'a step of the request trace',
    /^step "job"/,
    ({ trace }, signal) => signal.then(() => trace.step({ name: 'job', type: 'tool' }, () => {})),
  ],
  [
    'an update of the request trace',
    /^an update of the trace/,
    ({ trace }, signal) => signal.then(() => trace.update({ userId: 'late' })),
  ],
  [
    'an error',
    /^recordError\(\)/,
    ({ trace }, signal) => signal.then(() => trace.recordError(new Error('late'))),
  ],
  [
    'a promise to wait for',
    /^waitUntil\(\)/,
    ({ trace }, signal) => signal.then(() => void trace.waitUntil(Promise.resolve())),
  ],
  [
    'a bound callback',
    /^step "job"/,
    ({ trace }, signal) => signal.then(trace.bind(() => step('job', () => {}))),
  ],
  [
    'a timer',
    /^step "job"/,
    (_call, signal) =>
      signal.then(
        () =>
          new Promise<void>((resolve) => {
            setTimeout(() => {
              step('job', () => {});
              resolve();
            }, 1);
          }),
      ),
  ],
];

type Add = (job: () => Promise<void>) => unknown;

/** Queues within the process, of one job at a time. */
const QUEUES: readonly (readonly [name: string, () => Add])[] = [
  [
    'p-queue',
    () => {
      const queue = new PQueue({ concurrency: 1 });
      return (job) => queue.add(job);
    },
  ],
  [
    'Bottleneck',
    () => {
      const limiter = new Bottleneck({ maxConcurrent: 1 });
      return (job) => limiter.schedule(job);
    },
  ],
  [
    'fastq',
    () => {
      const queue = fastq.promise((job: () => Promise<void>) => job(), 1);
      return (job) => queue.push(job);
    },
  ],
];

for (const framework of [...expressVersions, ...koaVersions, hono]) {
  describe(`work that outlives its request, on ${framework.name}`, () => {
    lost(framework);
    kept(framework);
    apart(framework);
    reported(framework);
  });
}

function lost(framework: Framework<never>): void {
  for (const [what, message, work] of LEFT_BEHIND) {
    it(`is reported where it is ${what}`, async () => {
      await using stage = await stageOf(framework, {
        define: (app, { tell, opened }) =>
          app.route('GET', '/', (call) => {
            Promise.resolve(work(call, opened('the work'))).then(() => tell('worked'));
            return { text: 'early' };
          }),
        diagnostics: ['too_late'],
      });
      const headers = { 'x-request-id': 'req-1' };
      assert.equal(await (await fetch(stage.url, { headers })).text(), 'early');
      const before = JSON.stringify(await stage.only());
      await stage.open('the work');
      await stage.told('worked');
      const [diagnostic] = await stage.diagnostics();
      assert.equal(diagnostic?.level, 'warn');
      assert.match(diagnostic?.message ?? '', message);
      assert.match(diagnostic?.message ?? '', /inference ID req-1\b.*the trace's waitUntil\(\)/);
      assert.equal(JSON.stringify(await stage.only()), before);
    });
  }

  it('is a trace of its own where it would be one outside a request, and names the first', async () => {
    const digest = trace(async (text: string) => step('shorten', () => text.slice(0, 3)), {
      name: 'digest',
      type: 'chain',
      params: ['text'],
    });
    await using stage = await stageOf(framework, {
      define: (app, { opened }) =>
        app.route('GET', '/:n', ({ params }) => {
          opened('the work').then(() => digest(`text ${params.n}`));
          return { text: 'early' };
        }),
    });
    for (const n of [1, 2]) {
      const headers = { 'x-request-id': `req-${n}` };
      await (await fetch(`${stage.url}/${n}`, { headers })).text();
    }
    await stage.rows(2);
    await stage.open('the work');
    const digests = (await stage.rows(4)).filter(({ startedBy }) => startedBy !== undefined);
    assert.deepEqual(digests.map((row) => [row.startedBy, row.text]).sort(), [
      ['req-1', 'text 1'],
      ['req-2', 'text 2'],
    ]);
    for (const row of digests) {
      assert.match(stepsOf(row), /└─ digest \[chain\] {2}→ "tex"\n {3}└─ shorten \[user_call\]/);
    }
  });

  it('is expected where the client has left, and no warning', async () => {
    await using stage = await stageOf(framework, {
      define: (app, { tell, opened }) =>
        app.route('GET', '/', (call) => {
          tell('asked');
          return call.trace
            .step('job', () => opened('the work'))
            .then(() => {
              tell('worked');
              return { text: 'nobody reads it' };
            });
        }),
      tracer: { logLevel: 'info' },
      diagnostics: ['too_late'],
    });
    const client = new AbortController();
    const response = fetch(stage.url, { signal: client.signal }).catch(() => undefined);
    await stage.told('asked');
    client.abort();
    await response;
    assert.equal(httpOf(await stage.only()).outcome, 'aborted');
    await stage.open('the work');
    await stage.told('worked');
    await until(async () => (await stage.diagnostics()).length > 0, 'the diagnostic');
    assert.equal((await stage.diagnostics())[0]?.level, 'info');
  });
}

function kept(framework: Framework<never>): void {
  for (const [what, , work] of LEFT_BEHIND) {
    it(`is in the trace that waits for it, where it is ${what}`, async () => {
      await using stage = await stageOf(framework, {
        define: (app, { opened }) =>
          app.route('GET', '/', (call) => {
            call.trace.waitUntil(Promise.resolve(work(call, opened('the work'))));
            return { text: 'early' };
          }),
      });
      assert.equal(await (await fetch(stage.url)).text(), 'early');
      await stage.rows(0);
      await stage.open('the work');
      const row = await stage.only();
      const said = JSON.stringify([row.steps, row.user_id, row.output, row.metadata]);
      assert.doesNotMatch(said, /unfinished/);
      if (what !== 'a promise to wait for') assert.match(said, /job|late/);
    });
  }

  it('is given up when the trace is too old, which is reported as such', async () => {
    await using stage = await stageOf(framework, {
      define: (app, { tell, opened }) =>
        app.route('GET', '/', (call) => {
          const work = call.trace.step('job', () => opened('the work'));
          call.trace.waitUntil(work.then(() => tell('worked')));
          return { text: 'early' };
        }),
      options: { maxAgeMs: 50 },
      diagnostics: ['too_late'],
    });
    await (await fetch(stage.url)).text();
    const row = await stage.only();
    assert.equal(row.steps[0]?.steps[0]?.metadata.unfinished, true);
    await stage.open('the work');
    await stage.told('worked');
    assert.match((await stage.diagnostics())[0]?.message ?? '', /raise maxAgeMs, which is 50$/);
  });

  it('is given up with a request that is answered too late, which is reported as such', async () => {
    await using stage = await stageOf(framework, {
      define: (app, { opened }) =>
        app.route('GET', '/', async ({ trace }) => {
          await opened('the work');
          trace.update({ userId: 'late' });
          return { text: 'late' };
        }),
      options: { maxAgeMs: 50 },
      diagnostics: ['too_late'],
    });
    const response = fetch(stage.url);
    assert.equal(httpOf(await stage.only()).outcome, 'abandoned');
    await stage.open('the work');
    assert.equal(await (await response).text(), 'late');
    assert.match((await stage.diagnostics())[0]?.message ?? '', /raise maxAgeMs, which is 50$/);
  });
}

function apart(framework: Framework<never>): void {
  for (const [name, create] of QUEUES) {
    it(`is in the trace of the request that queued it, where the job of ${name} is bound`, async () => {
      const add = create();
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('GET', '/:n', ({ trace, params }) => {
            const job = async () => {
              await pause(Number(params.n));
              await step(`job ${params.n}`, () => pause(1));
            };
            const work = new Promise<void>((resolve, reject) => {
              add(trace.bind(() => job().then(resolve, reject)));
            });
            trace.waitUntil(work);
            return { text: `queued ${params.n}` };
          }),
      });
      await Promise.all(
        Array.from({ length: 10 }, async (_, n) => (await fetch(`${stage.url}/${n}`)).text()),
      );
      const rows = await stage.rows(10);
      assert.deepEqual(
        rows.map((row) => [row.params, row.steps[0]?.steps.map((each) => each.name)]),
        rows.map((row) => [row.params, [`job ${(row.params as { n: string }).n}`]]),
      );
    });
  }

  it('stays out of the trace of a request that calls back for another one, which is over', async () => {
    let first: RequestTrace | undefined;
    await using stage = await stageOf(framework, {
      define: (app) =>
        app.route('GET', '/:n', (call) => {
          if (first === undefined) first = call.trace;
          else {
            first.step('late', () => step('inner', () => {}));
            first.startStep('late').run(() => step('inner', () => {}));
            first.run(() => step('inner', () => {}));
          }
          return { text: 'called' };
        }),
      diagnostics: ['too_late'],
    });
    await (await fetch(`${stage.url}/1`)).text();
    await stage.only();
    await (await fetch(`${stage.url}/2`)).text();
    for (const row of await stage.rows(2)) assert.deepEqual(row.steps[0]?.steps, []);
  });
}

function reported(framework: Framework<never>): void {
  const errors: readonly (readonly [string, unknown, error: string, type: string])[] = [
    ['an error', new RangeError('no such shelf'), 'no such shelf', 'RangeError'],
    ['what is no error', 'out of shelves', 'out of shelves', 'string'],
  ];
  for (const [what, error, message, type] of errors) {
    it(`leaves the outcome to the response where the app reports ${what} that it answered`, async () => {
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('GET', '/:status', ({ trace, params }) => {
            trace.recordError(error);
            return { json: { sorry: true }, status: Number(params.status) };
          }),
      });
      for (const [status, outcome] of [
        [200, 'completed'],
        [422, 'completed'],
        [503, 'error'],
      ] as const) {
        const response = await fetch(`${stage.url}/${status}`, {
          headers: { 'x-request-id': `req-${status}` },
        });
        assert.equal(response.status, status);
        await response.text();
        const row = await stage.row(`req-${status}`);
        assert.deepEqual(errorOf(row), [message, type]);
        assert.deepEqual([httpOf(row).outcome, httpOf(row).status], [outcome, status]);
      }
    });
  }

  it('has the error that the app reports, whatever is seen before or after', async () => {
    await using stage = await stageOf(framework, {
      define: (app) => {
        app.route('GET', '/before', async ({ trace }) => {
          trace.recordError(new TypeError('the cause'));
          throw new RangeError('what came of it');
        });
        app.route('GET', '/twice', ({ trace }) => {
          trace.recordError(new RangeError('first'));
          trace.recordError(new TypeError('the cause'));
          return { status: 503, text: 'sorry' };
        });
        app.route('GET', '/after', ({ trace }) => {
          trace.waitUntil(
            Promise.reject(new RangeError('what came of it')).catch(async (error) => {
              await later(1);
              trace.waitUntil(Promise.reject(error)).catch(() => {});
              await later(1);
              trace.recordError(new TypeError('the cause'));
            }),
          );
          return { text: 'fine' };
        });
      },
    });
    for (const path of ['/before', '/twice', '/after']) {
      const id = path.slice(1);
      await (await fetch(stage.url + path, { headers: { 'x-request-id': id } })).text();
      assert.deepEqual(errorOf(await stage.row(id)), ['the cause', 'TypeError'], path);
    }
  });

  it('shows the error that the app reports at the root of the tree', async () => {
    await using stage = await stageOf(framework, {
      define: (app) =>
        app.route('GET', '/', ({ trace }) => {
          step('guess', () => trace.recordError(new RangeError('no such shelf')));
          return { text: 'sorry' };
        }),
    });
    await (await fetch(stage.url)).text();
    assert.equal(
      stepsOf(await stage.only()),
      printed(`
(uuid)  completed  200
└─ GET / [user_call]  ✗ no such shelf  → "sorry"
   └─ guess [user_call]
`),
    );
  });
}

function errorOf({ metadata }: WireRow): readonly unknown[] {
  return [metadata?.error, metadata?.errorType];
}
