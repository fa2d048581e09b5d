/** Functions among the options that are asynchronous: a rejection is a diagnostic, and ends no process. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { captureTraces, memoryTransport } from '@openlayer-tracing/core/testing';
import type { WireRow } from '@openlayer-tracing/core/wire';
import {
  createTracer,
  type Diagnostic,
  flush,
  getTracer,
  openlayerTracing,
  step,
  type TraceOptions,
  type TracingOptions,
  trace,
} from '@openlayer-tracing/express';
import { type FetchOptions, tracedFetch } from '@openlayer-tracing/integrations/fetch';
import express from 'express';

type Fn = (...args: never) => unknown;
type FunctionsOf<V, Path extends string> = V extends Fn
  ? Path
  : V extends readonly unknown[] | RegExp
    ? never
    : V extends object
      ? FunctionsIn<V, `${Path}.`>
      : never;
/** The paths of all functions among the options, and among the objects that the options take. */
type FunctionsIn<T, Before extends string = ''> = {
  [K in keyof T & string]-?: FunctionsOf<NonNullable<T[K]>, `${Before}${K}`>;
}[keyof T & string];

/** A tracer is no option's function: it has tests of its own. */
type Path = FunctionsIn<Omit<TracingOptions, 'tracer'>>;

interface Case {
  /** What the function promises. */
  readonly value?: unknown;
  /** What the row then holds; undefined where the value is needed at once, and the promise counts as none. */
  readonly found?: (row: WireRow) => unknown;
  /** The reasons of what is said of a promise, and of one that is rejected. */
  readonly promised?: readonly string[];
  readonly rejected: readonly string[];
  /** What else the option needs. */
  readonly beside?: TracingOptions;
  readonly rows?: { readonly rejected: number };
}

const atOnce = (option: string): Case => ({
  promised: [`option_${option}_async`],
  rejected: [`option_${option}_async`, `option_${option}_failed`],
});
const waitedFor = (option: string, value: unknown, found: (row: WireRow) => unknown): Case => ({
  value,
  found,
  rejected: [`option_${option}_failed`],
});
const prices = { price: () => 1 };

/** The compiler holds the list to be complete. */
const CASES: Readonly<Record<Path, Case>> = {
  name: waitedFor('name', 'told', (row) => row.steps[0]?.name),
  user: waitedFor('user', 'told', (row) => row.user_id),
  session: waitedFor('session', 'told', (row) => row.session_id),
  metadata: waitedFor('metadata', { tier: 'told' }, (row) => row.tier),
  input: waitedFor('input', { question: 'told' }, (row) => row.question),
  output: waitedFor('output', 'told', (row) => row.output),
  skip: { ...atOnce('skip'), value: true },
  'inferenceId.from': { ...atOnce('inferenceId.from'), value: 'told' },
  'inferenceId.trust': { ...atOnce('inferenceId.trust'), value: true },
  'traceContext.trust': { ...atOnce('traceContext.trust'), value: true },
  sample: {
    value: false,
    promised: ['option_sample_async'],
    rejected: ['option_sample_async', 'sample_failed'],
  },
  'redact.text': {
    value: 'told',
    promised: ['redaction_failed'],
    rejected: ['redaction_failed'],
  },
  'pricing.price': {
    value: 1,
    promised: ['option_pricing.price_async'],
    rejected: ['option_pricing.price_async', 'spending_failed'],
    beside: { onUsage: () => {} },
  },
  'pricing.unpriced': {
    value: ['told'],
    promised: ['option_pricing.unpriced_async'],
    rejected: ['option_pricing.unpriced_async', 'spending_failed'],
    beside: { pricing: { price: () => undefined }, onUsage: () => {} },
  },
  'pricing.ready': {
    rejected: ['spending_failed'],
    beside: { pricing: prices, onUsage: () => {} },
  },
  onUsage: { rejected: ['spending_failed'] },
  'budget.onExceeded': {
    rejected: ['spending_failed'],
    beside: { pricing: prices, budget: { usd: 0.5, onExceeded: 'abort' } },
  },
  // It cannot be told of its own failure: that is printed.
  onDiagnostic: { rejected: [] },
  'scope.get': { promised: ['scope_failed'], rejected: ['scope_failed'] },
  'scope.run': { promised: ['scope_failed'], rejected: ['scope_failed'] },
  'transport.send': {
    value: { delivered: 1, lost: {} },
    rejected: ['lost_internal_error'],
  },
  'transport.close': { rejected: ['internal_error'] },
};

const rejecting = {
  'a rejection': (): PromiseLike<unknown> => Promise.reject(new Error('rejected by the option')),
  'a late rejection': async (): Promise<unknown> => {
    await sleep(20);
    throw new Error('rejected by the option');
  },
  'a thenable that throws': (): PromiseLike<unknown> =>
    ({
      // biome-ignore lint/suspicious/noThenProperty: as other promise libraries have it
      then() {
        throw new Error('rejected by the option');
      },
    }) as unknown as PromiseLike<unknown>,
};

describe('an asynchronous function', () => {
  for (const [path, given] of Object.entries(CASES)) {
    it(`as ${path} harms nothing, and what it promises ${given.found ? 'is in the row' : 'is said to be of no use, or is not needed'}`, async () => {
      const run = await serve(path as Path, given, async () => {
        await sleep(20);
        return given.value;
      });
      assert.deepEqual([...new Set(run.reasons)].sort(), [...(given.promised ?? [])].sort());
      if (path !== 'transport.send') assert.equal(run.rows.length, 1);
      if (given.found !== undefined) assert.equal(given.found(run.rows[0] as WireRow), 'told');
    });

    for (const [what, fn] of Object.entries(rejecting)) {
      it(`as ${path} may end in ${what}: a diagnostic, and no unhandled rejection`, async () => {
        const run = await serve(path as Path, given, fn);
        assert.deepEqual([...new Set(run.reasons)].sort(), [...given.rejected].sort());
        if (path !== 'transport.send') assert.equal(run.rows.length, 1);
      });
    }
  }

  for (const path of ['name', 'user', 'session', 'metadata', 'input', 'output'] as const) {
    it(`as ${path} may promise what cannot be read, and is told of as if it had returned it`, async () => {
      const fail = () => {
        throw new Error('cannot be read');
      };
      // A promise of it asks for its `then`.
      const get = (_: object, key: PropertyKey) => (key === 'then' ? undefined : fail());
      const proxy = new Proxy(
        {},
        { get, has: fail, ownKeys: fail, getOwnPropertyDescriptor: fail },
      );
      for (const unreadable of [
        proxy,
        {
          get value() {
            return fail();
          },
        },
        { toJSON: fail },
      ]) {
        const returned = await serve(path, CASES[path], () => unreadable);
        const promised = await serve(path, CASES[path], async () => unreadable);
        assert.deepEqual(promised.diagnostics, returned.diagnostics);
        assert.equal(promised.reasons.includes('internal_error'), false);
        assert.equal(promised.rows.length, 1);
      }
    });
  }

  it('that is never done costs its fact, and the row goes without it at shutdown', async () => {
    const transport = memoryTransport();
    const reasons: string[] = [];
    const tracer = createTracer({
      transport,
      onDiagnostic: ({ reason }) => void reasons.push(reason),
    });
    await ask(openlayerTracing({ tracer, user: () => new Promise<string>(() => {}) }));
    assert.equal(tracer.stats().open, 1);
    await tracer.flush({ deadlineMs: 20 });
    assert.equal(transport.rows.length, 0);
    await tracer.shutdown({ deadlineMs: 100 });
    assert.equal(transport.rows.length, 1);
    assert.deepEqual(reasons, ['option_too_late']);
    const { started, published, open } = tracer.stats();
    assert.deepEqual({ started, published, open }, { started: 1, published: 1, open: 0 });
  });

  it('delays no response, and gives way to what the handler says', async () => {
    const transport = memoryTransport();
    const tracer = createTracer({ transport });
    let tell: (name: string) => void = () => {};
    const user = () => new Promise<string>((resolve) => (tell = resolve));
    await ask(openlayerTracing({ tracer, user, metadata: async () => ({ plan: 'option', a: 1 }) }));
    const flushed = tracer.flush();
    tell('ann');
    await flushed;
    assert.equal(transport.rows[0]?.user_id, 'ann');
    assert.deepEqual([transport.rows[0]?.plan, transport.rows[0]?.a], ['handler', 1]);
    await tracer.shutdown();
  });

  const annotations: Readonly<Record<FunctionsIn<TraceOptions>, (row: WireRow) => unknown>> = {
    inputs: (row) => row.steps[0]?.steps[0]?.inputs ?? row.steps[0]?.inputs,
    output: (row) => row.steps[0]?.steps[0]?.output ?? row.steps[0]?.output,
  };
  for (const [name, found] of Object.entries(annotations)) {
    for (const where of ['in a trace', 'outside a trace'] as const) {
      it(`as ${name} of trace() is waited for ${where}, and may be rejected`, async () => {
        const reasons: string[] = [];
        using traces = captureTraces({ onDiagnostic: ({ reason }) => void reasons.push(reason) });
        const late = trace((n: number) => n + 1, { [name]: async () => ({ told: await soon(7) }) });
        const bad = trace((n: number) => n + 1, { [name]: () => Promise.reject(new Error('no')) });
        const call = (fn: (n: number) => number) => {
          if (where === 'outside a trace') return fn(1);
          using own = getTracer().startTrace('request');
          return own.run(() => fn(1));
        };
        assert.deepEqual([call(late), call(bad)], [2, 2]);
        const rows = await traces.rows();
        assert.equal(rows.length, 2);
        assert.deepEqual(
          rows
            .map(found)
            .filter((value) => value != null && typeof value === 'object' && 'told' in value),
          [{ told: 7 }],
        );
        assert.deepEqual(reasons, [`option_${name}_failed`]);
      });
    }
  }

  it('as redact of an integration leaves the content out, and is said', async () => {
    const found: Readonly<Record<FunctionsIn<FetchOptions>, true>> = { redact: true, fetch: true };
    assert.ok(found);
    for (const redact of [async () => 'late', () => Promise.reject(new Error('no'))]) {
      const reasons: string[] = [];
      using traces = captureTraces({ onDiagnostic: ({ reason }) => void reasons.push(reason) });
      const answer = { choices: [{ message: { role: 'assistant', content: 'canary' } }] };
      const below = async () => Response.json(answer);
      const asked = { model: 'gpt-5', messages: [{ role: 'user', content: 'canary' }] };
      const traced = tracedFetch({ redact, fetch: below });
      const response = await traced('https://api.openai.com/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify(asked),
      });
      assert.deepEqual(await response.json(), answer);
      await sleep(10);
      const rows = await traces.rows();
      assert.equal(rows.length, 1);
      assert.doesNotMatch(JSON.stringify(rows), /canary/);
      assert.deepEqual(reasons, ['integration_failed']);
    }
  });

  it('as fetch of an integration is the rule, and its rejection the caller’s', async () => {
    using _traces = captureTraces();
    const traced = tracedFetch({ fetch: () => Promise.reject(new TypeError('offline')) });
    await assert.rejects(traced('https://api.openai.com/v1/chat/completions'), /offline/);
  });
});

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const soon = async <T>(value: T) => {
  await sleep(10);
  return value;
};

interface Run {
  readonly rows: readonly WireRow[];
  readonly reasons: readonly string[];
  /** With their messages. */
  readonly diagnostics: readonly string[];
}

/** A server with the function at this place among the options answers one request. */
async function serve(path: Path, { beside }: Case, fn: Fn): Promise<Run> {
  const transport = memoryTransport();
  const diagnostics: Diagnostic[] = [];
  const base: Record<string, unknown> = {
    transport,
    onDiagnostic: (each: Diagnostic) => void diagnostics.push(each),
    ...beside,
  };
  const [group = '', member] = path.split('.');
  if (member === undefined) base[group] = fn;
  else
    base[group] = { ...SURROUNDINGS[group], ...(base[group] as object | undefined), [member]: fn };
  const tracer = createTracer(tracerPart(base));
  const mount = openlayerTracing({ tracer, ...middlewarePart(base) } as TracingOptions);
  const unhandled: unknown[] = [];
  const listen = (error: unknown) => unhandled.push(error);
  const before = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', listen);
  try {
    await ask(mount);
    await tracer.flush();
    await tracer.shutdown({ deadlineMs: 200 });
    await sleep(40);
  } finally {
    process.removeListener('unhandledRejection', listen);
    for (const each of before) process.on('unhandledRejection', each);
  }
  assert.deepEqual(unhandled, []);
  return {
    rows: transport.rows,
    reasons: diagnostics.map(({ reason }) => reason),
    diagnostics: diagnostics.map(({ reason, message }) => `${reason}: ${message}`),
  };
}

const MIDDLEWARE = ['name', 'user', 'session', 'metadata', 'input', 'output', 'skip', 'sample'];
const GROUPS = ['inferenceId', 'traceContext'];
const isMiddlewares = (name: string) => [...MIDDLEWARE, ...GROUPS].includes(name);
const tracerPart = (options: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !isMiddlewares(name)));
const middlewarePart = (options: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(options).filter(([name]) => isMiddlewares(name)));

const SURROUNDINGS: Readonly<Record<string, object>> = {
  scope: { name: 'own', get: () => undefined, run: (_step: unknown, enter: () => void) => enter() },
};

/** Asks an app with the middleware once, for an answer that calls a model. */
async function ask(mount: ReturnType<typeof openlayerTracing>): Promise<void> {
  const app = express();
  app.use(mount);
  app.get('/', (req, res) => {
    req.trace.update({ metadata: { plan: 'handler' } });
    req.trace.step({ name: 'model', type: 'chat_completion' }, (call) => {
      call.update({ provider: 'openai', model: 'gpt-5', promptTokens: 1, completionTokens: 1 });
    });
    step('other', () => 'a text');
    res.json({ answer: 'whole' });
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    const headers = { 'x-request-id': 'a', traceparent };
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { answer: 'whole' });
    await sleep(5);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await flush({ deadlineMs: 10 });
  }
}
