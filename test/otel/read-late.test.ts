/** What a span says is read when the row is made, so that its end costs the app little. */

import assert from 'node:assert/strict';
import {
  createTracer,
  currentStep,
  type StartedTrace,
  type Step,
  type Tracer,
  type TracerOptions,
} from '@openlayer-tracing/core';
import { type MemoryTransport, memoryTransport } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { openlayerSpanProcessor } from '@openlayer-tracing/otel';
import { context, trace as otel, type Span } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base';

const MESSAGES = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'why?' }] }]);

const CALL = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'gpt-5-mini',
  'gen_ai.input.messages': MESSAGES,
};
const USAGE = { 'gen_ai.usage.input_tokens': 12, 'gen_ai.usage.output_tokens': 3 };

const spans = new BasicTracerProvider({
  spanProcessors: [openlayerSpanProcessor()],
}).getTracer('app');

/** Runs code in a trace, and returns its row. */
class Lab {
  readonly #transport: MemoryTransport = memoryTransport();
  readonly #tracer: Tracer;

  constructor(options: TracerOptions = {}) {
    this.#tracer = createTracer({ transport: this.#transport, logLevel: 'off', ...options });
  }

  async stepsOf(work: (trace: StartedTrace) => void): Promise<readonly WireStep[]> {
    const trace = this.#tracer.startTrace('request');
    trace.run(() => work(trace));
    trace.end();
    await this.#tracer.shutdown();
    return this.#transport.rows[0]?.steps[0]?.steps ?? [];
  }
}

/** A model call that has ended. */
function call(): Span {
  const span = spans.startSpan('chat', { attributes: CALL });
  span.setAttributes(USAGE).end();
  return span;
}

/** Counts the texts that are recorded. */
class Counter {
  texts = 0;
  readonly redact = {
    text: (text: string) => {
      this.texts++;
      return text;
    },
  };

  /** How many are recorded while `work` runs. */
  during(work: () => void): number {
    const before = this.texts;
    work();
    return this.texts - before;
  }
}

describe('a span that ended', () => {
  before(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  });

  after(() => context.disable());

  it('is read when the row of its trace is made', async () => {
    const counter = new Counter();
    let ofSpan = -1;
    const [step] = await new Lab({ redact: counter.redact }).stepsOf(() => {
      ofSpan = counter.during(call);
    });
    assert.equal(ofSpan, 0);
    assert.ok(counter.texts > 0);
    assert.deepEqual(step?.inputs, { prompt: [{ role: 'user', content: 'why?' }] });
    assert.equal(step?.promptTokens, 12);
  });

  it('is read at once when the trace has no room for its values', async () => {
    const room = CALL['gen_ai.input.messages'].length + 500;
    const counter = new Counter();
    const lab = new Lab({ limits: { maxTraceChars: room }, redact: counter.redact });
    const counts: number[] = [];
    await lab.stepsOf(() => {
      for (let i = 0; i < 4; i++) counts.push(counter.during(call));
    });
    assert.equal(counts[0], 0);
    assert.ok(
      counts.slice(1).some((count) => count > 0),
      `${counts}`,
    );
  });

  it('counts in the usage of its trace at once', async () => {
    const seen: unknown[] = [];
    await new Lab().stepsOf((trace) => {
      call();
      seen.push(trace.usage.promptTokens);
      call();
      seen.push(trace.usage.promptTokens);
    });
    assert.deepEqual(seen, [12, 24]);
  });

  it('counts before onUsage is called for it', async () => {
    const seen: unknown[] = [];
    const onUsage = ({ promptTokens }: { readonly promptTokens?: number | undefined }) =>
      seen.push(promptTokens);
    await new Lab({ onUsage }).stepsOf(call);
    assert.deepEqual(seen, [12]);
  });

  it('has the spans that it links to, at most 32, with their attributes', async () => {
    const { traceId, spanId } = spans.startSpan('before').spanContext();
    const context = { traceId, spanId, traceFlags: 1 };
    const [bare, many] = await new Lab().stepsOf(() => {
      const links = [{ context, attributes: { queue: 'orders', api_key: 'sk-1' } }, { context }];
      spans.startSpan('handle', { links }).end();
      spans.startSpan('batch', { links: Array.from({ length: 100 }, () => ({ context })) }).end();
    });
    const otelOf = (step: WireStep | undefined) =>
      step?.metadata.otel as { links: { attributes?: Record<string, unknown> }[] } | undefined;
    const [first, ...others] = otelOf(bare)?.links ?? [];
    assert.equal(first?.attributes?.queue, 'orders');
    assert.doesNotMatch(JSON.stringify(first), /sk-1/);
    assert.deepEqual(others, [{ trace_id: traceId, span_id: spanId }]);
    assert.equal(otelOf(many)?.links.length, 32);
  });

  it('does not overwrite what the app sets after its end', async () => {
    const [step] = await new Lab().stepsOf(() => {
      const span = spans.startSpan('chat', { attributes: CALL });
      let own: Step | undefined;
      context.with(otel.setSpan(context.active(), span), () => {
        own = currentStep();
      });
      span.setAttribute('gen_ai.output.messages', 'from the span').end();
      own?.update({ output: 'from the app' });
    });
    assert.equal(step?.output, 'from the app');
    assert.equal(step?.model, 'gpt-5-mini');
  });

  it('says what it said at its end, although a later processor deletes it', async () => {
    const deleting: SpanProcessor = {
      onStart() {},
      onEnd({ attributes, events }) {
        for (const key of Object.keys(attributes)) delete attributes[key];
        events.length = 0;
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const provider = new BasicTracerProvider({
      spanProcessors: [openlayerSpanProcessor(), deleting],
    });
    const [step, other] = await new Lab().stepsOf(() => {
      const span = provider.getTracer('app').startSpan('chat', { attributes: CALL });
      span.setAttributes(USAGE);
      span.addEvent('gen_ai.choice', { message: '{"content":"because"}' });
      span.end();
      const failed = provider.getTracer('app').startSpan('work');
      failed.recordException(new Error('no'));
      failed.end();
    });
    assert.deepEqual(step?.inputs, { prompt: [{ role: 'user', content: 'why?' }] });
    assert.deepEqual([step?.model, step?.promptTokens], ['gpt-5-mini', 12]);
    assert.equal(step?.output, 'because');
    assert.match(JSON.stringify(other), /"no"/);
  });

  it('groups the calls below it, whose tokens count once', async () => {
    const [outer] = await new Lab().stepsOf(() => {
      const span = spans.startSpan('ask', { attributes: CALL });
      context.with(otel.setSpan(context.active(), span), () => {
        spans.startSpan('work').end();
        call();
      });
      span.setAttributes(USAGE).end();
    });
    assert.equal(outer?.type, 'chain');
    assert.deepEqual(
      outer?.steps.map(({ type }) => type),
      ['chain', 'chat_completion'],
    );
  });

  it('is masked, and counts its steps against the limits, as it arrives', async () => {
    const lab = new Lab({ limits: { maxSteps: 1 } });
    const steps = await lab.stepsOf(() => {
      spans.startSpan('first', { attributes: { password: 'canary' } }).end();
      spans.startSpan('second').end();
    });
    assert.deepEqual(
      steps.map(({ name }) => name),
      ['first'],
    );
    assert.ok(!JSON.stringify(steps).includes('canary'));
  });
});

describe('a span that begins without attributes', () => {
  const late = new BasicTracerProvider({
    spanProcessors: [openlayerSpanProcessor()],
  }).getTracer('@arizeai/openinference-instrumentation-app');
  const { queueMicrotask } = globalThis;
  afterEach(() => {
    globalThis.queueMicrotask = queueMicrotask;
  });

  for (const [what, fake] of [
    ['', queueMicrotask],
    [', in tests whose microtasks are fake, as those of Jest', () => {}],
  ] as const) {
    it(`is there with them when the running code has returned${what}`, async () => {
      globalThis.queueMicrotask = fake;
      const transport = memoryTransport();
      const tracer = createTracer({ transport, logLevel: 'off' });
      const request = tracer.startTrace('request');
      const span = request.run(() => late.startSpan('chat').setAttributes(CALL));
      await Promise.resolve();
      // The trace waits for the open call.
      request.end();
      span.setAttributes(USAGE).end();
      await new Promise(setImmediate);
      await tracer.shutdown();
      const steps = transport.rows[0]?.steps[0]?.steps;
      assert.deepEqual(
        steps?.map(({ type, model, promptTokens }) => [type, model, promptTokens]),
        [['chat_completion', 'gpt-5-mini', 12]],
      );
    });
  }
});
