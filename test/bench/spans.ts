/** What our span processor adds to a span of OpenTelemetry: at once, on the path of the app, and in all, with its part of the row. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createTracer, type Tracer } from '@openlayer-tracing/core';
import { openlayerSpanProcessor } from '@openlayer-tracing/otel';
import type { Attributes } from '@opentelemetry/api';
import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Part } from './parts.ts';

/** A kind of spans. */
interface Kind {
  readonly what: string;
  readonly scope: string;
  readonly atStart: Attributes;
  /** What instrumentations set when the work is done. */
  readonly atEnd: Attributes;
}

/** Attributes of a request that an app sends. */
const HTTP: Attributes = {
  'http.request.method': 'GET',
  'server.address': 'host',
  'server.port': 80,
  'url.full': 'http://host/path',
};

/** The spans of model calls that instrumentations have recorded, by their files in `test/otel/spans`. */
const RECORDED: Readonly<Record<string, string>> = {
  'ai-sdk-7': 'GenAI',
  'openinference-openai': 'OpenInference',
  'traceloop-openai': 'OpenLLMetry',
  'ai-sdk-6': 'the AI SDK',
};
/** Types of spans that are model calls. */
const MODEL_CALL = /"chat"|"LLM"|doGenerate/;
const OF_RESPONSE = /response|output|usage|token_count|finish_reason|completion/;

interface RecordedSpan {
  readonly attributes: Attributes;
  readonly scope: { readonly name: string };
}

function kindOf([file, convention]: readonly [string, string]): Kind {
  const url = new URL(`../../otel/spans/${file}.json`, import.meta.url);
  const { spans } = JSON.parse(readFileSync(url, 'utf8')) as { spans: readonly RecordedSpan[] };
  const calls = spans.filter(({ attributes }) => MODEL_CALL.test(JSON.stringify(attributes)));
  const largest = calls.reduce((all, each) => (sizeOf(each) > sizeOf(all) ? each : all));
  const parts = Object.entries(largest.attributes);
  return {
    what: `a model call by ${convention}, ${parts.length} attributes`,
    scope: largest.scope.name,
    atStart: Object.fromEntries(parts.filter(([key]) => !OF_RESPONSE.test(key))),
    atEnd: Object.fromEntries(parts.filter(([key]) => OF_RESPONSE.test(key))),
  };
}

function sizeOf({ attributes }: RecordedSpan): number {
  return JSON.stringify(attributes).length;
}

const KINDS: readonly Kind[] = [
  { what: 'the app, without attributes', scope: 'bench', atStart: {}, atEnd: {} },
  {
    what: 'a request, 5 attributes',
    scope: 'bench',
    atStart: HTTP,
    atEnd: { 'http.response.status_code': 200 },
  },
  ...Object.entries(RECORDED).map(kindOf),
];

const SPANS = 10;
const TRACES = 500;
const RUNS = 5;

/** Microseconds of a span. */
interface Cost {
  /** Of `onStart` and `onEnd`, which the app waits for: the least of all traces. */
  readonly onPath: number;
  /** All work of the process, with that for the row of its trace: the best of several runs. */
  readonly total: number;
}

/** Adds up the time that a processor takes. */
class Timed implements SpanProcessor {
  micros = 0;
  readonly #processor: SpanProcessor;

  constructor(processor: SpanProcessor) {
    this.#processor = processor;
  }

  onStart(...args: Parameters<SpanProcessor['onStart']>): void {
    const start = performance.now();
    this.#processor.onStart(...args);
    this.micros += (performance.now() - start) * 1000;
  }

  onEnd(...args: Parameters<SpanProcessor['onEnd']>): void {
    const start = performance.now();
    this.#processor.onEnd(...args);
    this.micros += (performance.now() - start) * 1000;
  }

  forceFlush(): Promise<void> {
    return this.#processor.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#processor.shutdown();
  }
}

async function costOf(kind: Kind, on: Tracer, processor: SpanProcessor): Promise<Cost> {
  const { scope, atStart, atEnd } = kind;
  const timed = new Timed(processor);
  const spans = new BasicTracerProvider({ spanProcessors: [timed] }).getTracer(scope);
  let onPath = Number.POSITIVE_INFINITY;
  let total = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const before = process.cpuUsage();
    for (let i = 0; i < TRACES; i++) {
      const trace = on.startTrace('spans');
      timed.micros = 0;
      trace.run(() => {
        for (let j = 0; j < SPANS; j++) {
          const span = spans.startSpan('work', { kind: 2, attributes: atStart });
          span.setAttributes(atEnd).end();
        }
      });
      onPath = Math.min(onPath, timed.micros / SPANS);
      trace.end();
      await new Promise(setImmediate);
    }
    const { user, system } = process.cpuUsage(before);
    total = Math.min(total, (user + system) / (TRACES * SPANS));
  }
  return { onPath, total };
}

const idle: SpanProcessor = {
  onStart() {},
  onEnd() {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

/** What a span costs with our processor, less what it costs with one that does nothing. */
export async function measureSpans(): Promise<readonly Part[]> {
  const on = createTracer({
    transport: { send: async ({ rows }) => ({ delivered: rows.length, lost: {} }), close() {} },
    publish: true,
    limits: { maxSteps: 20_000, maxTraceChars: 50_000_000 },
    logLevel: 'off',
  });
  const parts: Part[] = [];
  for (const kind of KINDS) {
    const without = await costOf(kind, on, idle);
    const traced = await costOf(kind, on, openlayerSpanProcessor());
    const [onPath, total] = [traced.onPath - without.onPath, traced.total - without.total];
    parts.push({
      name: `a span of ${kind.what}, least of 5 runs`,
      value: `${onPath.toFixed(1)} µs at once, ${total.toFixed(1)} µs in all`,
    });
  }
  await on.shutdown();
  return parts;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await measureSpans(), undefined, 1));
}
