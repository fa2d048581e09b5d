/** The encoders against OpenTelemetry's own: the same rows, sent by this library and by the official exporters. */

import assert from 'node:assert/strict';
import type { Json, StepType, WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { otelExport } from '@openlayer-tracing/otel';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { decodedRequest, type OtlpBackend, startBackend } from './otlp-backend.ts';
import { PARENT_ID, rowOf, send, step, TRACE_ID } from './rows.ts';

/** Pseudo-random numbers, the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const TYPES: readonly StepType[] = [
  ...([
    'user_call',
    'chat_completion',
    'embedding',
    'agent',
    'tool',
    'retriever',
    'chain',
  ] as const),
  ...(['handoff', 'guardrail', 'function_call'] as const),
];
const TEXTS = [
  '',
  'a',
  'Größe ✓ 🙂',
  '"quoted"\n\t',
  '\u0000',
  'x'.repeat(127),
  'y'.repeat(128),
  'z'.repeat(20_000),
  '日本'.repeat(9000),
];
const NUMBERS = [
  ...[0, 1, -1, 127, 128, 16_384, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, -(2 ** 53 - 1)],
  ...[0.1, -0.5, 1e-300, 5e-324, 2 ** 40 + 0.5],
];

class RandomRows {
  readonly #random: () => number;
  #steps = 0;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  row(index: number): WireRow {
    this.#steps = 0;
    const root = this.#step(0, index);
    return rowOf(root, {
      inferenceId: `id-${index}`,
      trace_id: this.#hex(32),
      ...(this.#chance() && { user_id: this.#text(), session_id: this.#text() }),
    });
  }

  #step(depth: number, index: number): WireStep {
    const id = `e52a7274-c856-46f4-84ab-${(index * 1000 + this.#steps++).toString(16).padStart(12, '0')}`;
    const children = depth > 3 ? 0 : Math.floor(this.#random() * 4);
    return step({
      id,
      name: this.#text().slice(0, 200),
      type: this.#one(TYPES),
      inputs: this.#value(0),
      output: this.#value(0),
      metadata: {
        ...(this.#chance() && { error: this.#text(), errorType: 'RangeError' }),
        ...(this.#chance() && { key: this.#value(0) }),
        ...(depth === 0 && { http: { method: 'POST', status: this.#one([200, 404, 500]) } }),
        ...(depth === 0 &&
          this.#chance() && {
            otel: {
              parent_span_id: this.#hex(16),
              links: [
                { trace_id: this.#hex(32), span_id: this.#hex(16) },
                {
                  trace_id: this.#hex(32),
                  span_id: this.#hex(16),
                  attributes: { text: this.#text(), n: this.#one(NUMBERS), isSet: this.#chance() },
                },
              ],
            },
            tags: [this.#text(), this.#text()],
          }),
      },
      startTime: 1_790_000_000_000 + Math.floor(this.#random() * 1e9),
      latency: this.#one([0, 0.001, 12.345, 1e6, 123_456.789]),
      model: this.#chance() ? this.#text() : null,
      promptTokens: this.#chance() ? this.#one(NUMBERS) : null,
      cost: this.#chance() ? this.#one(NUMBERS) : null,
      modelParameters: { temperature: this.#one(NUMBERS), stream: this.#chance() },
      steps: Array.from({ length: children }, () => this.#step(depth + 1, index)),
    });
  }

  #value(depth: number): Json {
    const kind = Math.floor(this.#random() * (depth > 2 ? 4 : 6));
    if (kind === 0) return null;
    if (kind === 1) return this.#chance();
    if (kind === 2) return this.#one(NUMBERS);
    if (kind === 3) return this.#text();
    if (kind === 4) return [this.#value(depth + 1), this.#value(depth + 1)];
    return { a: this.#value(depth + 1), [this.#text().slice(0, 9)]: this.#value(depth + 1) };
  }

  #chance(): boolean {
    return this.#random() < 0.5;
  }

  #one<T>(values: readonly T[]): T {
    return values[Math.floor(this.#random() * values.length)] as T;
  }

  #text(): string {
    return this.#one(TEXTS);
  }

  #hex(digits: number): string {
    return Array.from({ length: digits }, () => this.#one([...'123456789abcdef'])).join('');
  }
}

const resource = { 'service.name': 'shop', pid: 7, load: 0.5, isNew: true, zones: ['a', ''] };

async function bothBodies(
  backend: OtlpBackend,
  rows: readonly WireRow[],
  protocol: 'http/protobuf' | 'http/json',
): Promise<readonly [own: Buffer, official: Buffer]> {
  const { url } = backend;
  const Exporter = protocol === 'http/json' ? JsonExporter : ProtobufExporter;
  const before = backend.requests.length;
  const exporter = new Exporter({ url });
  assert.equal((await send(otelExport({ url, protocol, resource }), rows)).delivered, rows.length);
  assert.equal((await send(otelExport({ exporter, resource }), rows)).delivered, rows.length);
  const [own, official] = backend.requests.slice(before);
  assert.ok(own !== undefined && official !== undefined);
  assert.equal(own.headers['content-type'], official.headers['content-type']);
  return [own.body, official.body];
}

describe('the encoders of otelExport', () => {
  let backend: OtlpBackend;
  before(async () => {
    backend = await startBackend();
  });
  after(() => backend[Symbol.asyncDispose]());

  const seed = Number(process.env.SEED ?? 20_261_129);

  it(`write the same protobuf as the official serializer, for random traces (SEED=${seed})`, async () => {
    for (let round = 0; round < 40; round++) {
      const random = new RandomRows(seed + round);
      const rows = Array.from({ length: 1 + (round % 4) }, (_, i) => random.row(i));
      const [own, official] = await bothBodies(backend, rows, 'http/protobuf');
      assert.deepEqual(decodedRequest(own), decodedRequest(official), `SEED=${seed + round}`);
    }
  });

  it(`write the same JSON as the official serializer, for random traces (SEED=${seed})`, async () => {
    for (let round = 0; round < 40; round++) {
      const random = new RandomRows(seed + round);
      const rows = Array.from({ length: 1 + (round % 4) }, (_, i) => random.row(i));
      const [own, official] = await bothBodies(backend, rows, 'http/json');
      assert.deepEqual(
        comparable(JSON.parse(own.toString())),
        comparable(JSON.parse(official.toString())),
      );
    }
  });

  it('write integers that no int64 holds exactly as doubles, unlike the official serializer', async () => {
    for (const protocol of ['http/protobuf', 'http/json'] as const) {
      for (const temperature of [2 ** 53, -1e300]) {
        const call = step({ type: 'chat_completion', modelParameters: { temperature } });
        await send(otelExport({ url: backend.url, protocol }), [rowOf(call)]);
        const [span] = backend.lastSpans();
        assert.equal(span?.attributes['gen_ai.request.temperature'], temperature);
      }
    }
  });

  it('write times to the nanosecond', async () => {
    const root = step({ startTime: 1_790_000_000_123, latency: 0.000_001 * 12_345_678 });
    await send(otelExport({ url: backend.url }), [rowOf(root)]);
    const [span] = backend.lastSpans();
    assert.equal(span?.startTimeUnixNano, '1790000000123000000');
    assert.equal(span.endTimeUnixNano, '1790000000135345678');
  });

  it('mark parents and links of other processes', async () => {
    const metadata = {
      http: { method: 'GET' },
      otel: { parent_span_id: PARENT_ID, links: [{ trace_id: TRACE_ID, span_id: PARENT_ID }] },
    };
    const child = step({ id: 'e52a7274-c856-46f4-84ab-000000000001' });
    await send(otelExport({ url: backend.url }), [rowOf(step({ metadata, steps: [child] }))]);
    const [root, inner] = backend.lastSpans();
    assert.equal(root?.flags, 0x301);
    assert.equal(inner?.flags, 0x101);
    assert.deepEqual(root.links, [
      { traceId: TRACE_ID, spanId: PARENT_ID, attributes: {}, flags: 0x301 },
    ]);
  });
});

/** JSON of OTLP without what equals its default, and integers as strings. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, each]): [string, unknown] => [
      key,
      key === 'intValue' ? String(each) : comparable(each),
    ])
    .filter(([key, each]) => {
      if (each === undefined || each === 0 || each === null) return /Value$/.test(key);
      return !(Array.isArray(each) && each.length === 0 && /^(events|links|attributes)$/.test(key));
    });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
