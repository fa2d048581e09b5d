/** The row of a trace, in whatever order and parts its spans come. */

import assert from 'node:assert/strict';
import type { WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { renderTrace } from '@openlayer-tracing/local';
import { type SpanData, stepOfSpan } from '@openlayer-tracing/otel/dialects';
import { createChecker } from '../../src/checks/check.ts';
import type { OtlpSpan } from '../../src/otlp/otlp-span.ts';
import { nodeOfSpan, nodesOfSpans, type TraceNode } from '../../src/otlp/trace-node.ts';
import { type EarlierRow, RESERVED, type TraceRow, traceRowOf } from '../../src/otlp/trace-row.ts';
import { TRACE } from './spans.ts';

const START = 1_790_000_000_000;

interface Facts extends Partial<SpanData> {
  readonly id: number;
  readonly parent?: number;
  readonly isRemote?: boolean;
  /** Start and duration in milliseconds. */
  readonly at?: number;
  readonly ms?: number;
}

const idOf = (id: number) => id.toString(16).padStart(16, '0');

function spanOf({ id, parent, isRemote = false, at = id, ms = 10, ...span }: Facts): OtlpSpan {
  return {
    traceId: TRACE,
    spanId: idOf(id),
    parentSpanId: parent === undefined ? undefined : idOf(parent),
    name: `span ${id}`,
    kind: 'internal',
    startMs: START + at,
    endMs: START + at + ms,
    durationMs: ms,
    attributes: {},
    events: [],
    links: [],
    status: { code: 'unset' },
    resource: { 'service.name': 'shop' },
    scope: { name: '' },
    hasRemoteParent: isRemote,
    bytes: 1000,
    ...span,
  };
}

function node(facts: Facts): TraceNode {
  const made = nodeOfSpan(spanOf(facts), stepOfSpan);
  assert.ok(made);
  return made;
}

const mapOf = (nodes: readonly TraceNode[]) => new Map(nodes.map((each) => [each.spanId, each]));

/** The row after these parts were written one by one. Each is checked as a row of this library would be. */
function rowOf(...parts: readonly (readonly Facts[])[]): TraceRow {
  let row: TraceRow | undefined;
  for (const part of parts) {
    const earlier = row && { ...row, bytes: JSON.stringify(row.row).length };
    // A row that was stored is JSON.
    row = JSON.parse(JSON.stringify(traceRowOf(TRACE, mapOf(part.map(node)), earlier))) as TraceRow;
    createChecker('strict').dataStream({ config: row.config, rows: [row.row] });
  }
  assert.ok(row);
  return row;
}

function tree(row: WireRow): string {
  const lines: string[] = [];
  const add = ({ name, steps }: WireStep, depth: number) => {
    lines.push(`${'  '.repeat(depth)}${name}`);
    for (const step of steps) add(step, depth + 1);
  };
  for (const step of row.steps) add(step, 0);
  return `\n${lines.join('\n')}`;
}

const chat = (tokens: number, cost?: number) => ({
  attributes: {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.usage.input_tokens': tokens - 1,
    'gen_ai.usage.output_tokens': 1,
    ...(cost !== undefined && { 'openlayer.step.cost': cost }),
  },
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) =>
    permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
  );
}

describe('the steps of spans', () => {
  it('are converted one by one: one that cannot be converted leaves the others', () => {
    const failing = (span: SpanData) => {
      const { step, ...about } = stepOfSpan(span);
      return { ...about, step: span.name === 'span 2' ? { ...step, name: 5 as never } : step };
    };
    const spans = [1, 2, 3].map((id) => spanOf({ id }));
    const { nodes, failed, failure } = nodesOfSpans(spans, failing);
    assert.deepEqual(
      nodes.map(({ step }) => step.name),
      ['span 1', 'span 3'],
    );
    assert.equal(failed, 1);
    assert.ok(failure instanceof TypeError);
  });
});

describe('the row of a trace', () => {
  it('is the same in whatever order and parts its spans come', () => {
    const spans: readonly Facts[] = [
      { id: 1, ms: 100, attributes: { 'session.id': 's', 'user.id': 'u' }, kind: 'server' },
      { id: 2, parent: 1, ms: 50 },
      { id: 3, parent: 2, ...chat(5) },
      { id: 4, parent: 2, ...chat(7) },
      { id: 5, parent: 1 },
    ];
    const whole = rowOf(spans);
    assert.equal(
      tree(whole.row),
      `
span 1
  span 2
    span 3
    span 4
  span 5`,
    );
    for (const order of permutations(spans)) {
      assert.deepEqual(rowOf(order), whole);
      assert.deepEqual(rowOf(...order.map((span) => [span])), whole);
      assert.deepEqual(rowOf(order.slice(0, 2), order.slice(2)), whole);
    }
    assert.equal(whole.row.tokens, 12);
    assert.equal(whole.row.user_id, 'u');
    assert.equal(whole.row.session_id, 's');
    assert.equal(whole.row.latency, 100);
    assert.equal(whole.row.inferenceTimestamp, (START + 1) / 1000);
    assert.equal(whole.inferenceId, TRACE);
    assert.equal(whole.row.trace_id, TRACE);
  });

  it('has the inference ID that the root names, also if the root comes last', () => {
    const root = { id: 1, attributes: { 'openlayer.inference_id': 'req-7' } };
    const child = { id: 2, parent: 1, attributes: { 'openlayer.inference_id': 'of-a-child' } };
    assert.equal(rowOf([root, child]).inferenceId, 'req-7');
    const late = rowOf([child], [root], [{ id: 3, parent: 1 }]);
    assert.equal(late.inferenceId, 'req-7');
    assert.equal(late.row.inferenceId, 'req-7');
    assert.equal(late.row.metadata?.inferenceId, undefined);
  });

  it('replaces a span that is sent again', () => {
    const again = rowOf([{ id: 1 }, { id: 2, parent: 1 }], [{ id: 2, parent: 1, name: 'again' }]);
    assert.equal(tree(again.row), '\nspan 1\n  again');
  });

  it('has the only entry of this side as its root where the caller never comes', () => {
    const { row } = rowOf([
      { id: 2, parent: 1, isRemote: true, kind: 'server', ...{ status: { code: 'error' } } },
      { id: 3, parent: 2 },
    ]);
    assert.equal(tree(row), '\nspan 2\n  span 3');
    assert.equal(row.status, 'error');
    const { otel } = row.metadata as { otel: Record<string, unknown> };
    assert.equal(otel.parent_span_id, idOf(1));
    assert.equal(otel.parent_is_remote, true);
  });

  it('puts several roots below a stand-in, the first of them speaks for the trace', () => {
    const { row } = rowOf([
      { id: 2, attributes: { 'user.id': 'second' } },
      { id: 1, ms: 5, attributes: { 'user.id': 'first', 'input.value': 'hi' } },
    ]);
    assert.equal(tree(row), '\nspan 1 and 1 more\n  span 1\n  span 2');
    assert.equal(row.user_id, 'first');
    assert.deepEqual(row.steps[0]?.inputs, { input: 'hi' });
    assert.equal(row.input, 'hi');
    assert.equal(row.latency, 11);
    assert.match(String(row.metadata?.standIn), /no span/);
  });

  it('shows spans whose parents are missing beside the root, until the parents come', () => {
    const orphans: readonly Facts[] = [
      { id: 1, at: 50 },
      { id: 8, parent: 7, at: 1 },
      { id: 9, parent: 7, at: 2 },
    ];
    const { row } = rowOf(orphans);
    assert.equal(tree(row), '\nspan 1 and 2 more\n  span 1\n  span 8\n  span 9');
    const { otel } = row.metadata as { otel: Record<string, unknown> };
    assert.deepEqual(otel.missing_parents, [idOf(7)]);
    const healed = rowOf(orphans, [{ id: 7, parent: 1, at: 0 }]);
    assert.equal(tree(healed.row), '\nspan 1\n  span 7\n    span 8\n    span 9');
    assert.equal(healed.row.metadata?.standIn, undefined);
    assert.equal(healed.row.standIn, undefined);
  });

  it('breaks cycles, and has each span once', () => {
    const { row } = rowOf([
      { id: 1 },
      { id: 2, parent: 4 },
      { id: 3, parent: 2 },
      { id: 4, parent: 3 },
      { id: 5, parent: 4, at: 0 },
    ]);
    assert.equal(
      tree(row),
      `
span 1 and 1 more
  span 1
  span 2
    span 3
      span 4
        span 5`,
    );
    assert.equal(
      tree(
        rowOf([
          { id: 1, parent: 2 },
          { id: 2, parent: 1 },
        ]).row,
      ),
      '\nspan 1\n  span 2',
    );
  });

  it('counts the tokens and costs of model calls that have none below', () => {
    const openinference = {
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'gpt-4o',
      'llm.token_count.prompt': 9,
      'llm.token_count.completion': 1,
    };
    const agent = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.usage.input_tokens': 1000 };
    const spans: readonly Facts[] = [
      { id: 1, attributes: agent },
      { id: 2, parent: 1, attributes: openinference },
      { id: 3, parent: 2 },
      { id: 4, parent: 3, ...chat(10, 0.25) },
      { id: 5, parent: 1, ...chat(3, 0.5) },
    ];
    for (const { row } of [rowOf(spans), rowOf(spans.slice(0, 2), spans.slice(2))]) {
      assert.equal(row.tokens, 13);
      assert.equal(row.cost, 0.75);
      const outer = row.steps[0]?.steps[0];
      assert.equal(outer?.type, 'chat_completion');
      assert.equal(outer?.promptTokens, null);
      assert.deepEqual(outer?.metadata.usage, {
        promptTokens: 9,
        completionTokens: 1,
        tokens: 10,
        usageDetails: { input_tokens: 9, output_tokens: 1 },
      });
    }
    assert.equal(rowOf([{ id: 1 }]).row.tokens, null);
    assert.equal(rowOf([{ id: 1 }]).row.cost, null);
  });

  it('is made from its new spans where an update has replaced the steps by something else', () => {
    const first = rowOf([{ id: 1, name: 'first' }]);
    for (const steps of [null, {}, 'none', 5, [null]]) {
      const config = { ...first.config, inputVariableNames: null };
      const updated = { ...first, row: { ...first.row, steps, metadata: null }, config, bytes: 1 };
      const { row } = traceRowOf(TRACE, mapOf([node({ id: 2 })]), updated as unknown as EarlierRow);
      assert.equal(row.steps[0]?.name, 'span 2');
    }
  });

  it('keeps the columns that updates have added', () => {
    const first = rowOf([{ id: 2, parent: 1, attributes: { 'input.value': '{"q":1}' } }]);
    const updated = { ...first, row: { ...first.row, rating: 5, groundTruth: 'yes' }, bytes: 1 };
    const { row, config } = traceRowOf(TRACE, mapOf([node({ id: 1 })]), updated);
    assert.equal(row.rating, 5);
    assert.equal(row.groundTruth, 'yes');
    assert.equal(row.q, undefined);
    assert.deepEqual(config.inputVariableNames, []);
  });

  it('keeps every column that an update has set, whatever its name and its value', () => {
    const attributes = { 'openlayer.step.inputs': '{"q":1}', plan: 'free', 'user.id': 'ada' };
    const first = rowOf([{ id: 1, attributes }]);
    const names = [...RESERVED, ...Object.keys(first.row), 'rating'];
    const updates = new Set(names.filter((name) => name !== 'inferenceId'));
    const later = mapOf([node({ id: 2, parent: 1, attributes: { 'openlayer.step.cost': 3 } })]);
    for (const value of ['set', null, 7, { a: [1] }, []]) {
      for (const set of [[...updates], ...[...updates].map((name) => [name])]) {
        const row = { ...first.row, ...Object.fromEntries(set.map((name) => [name, value])) };
        const updated = { ...first, row, bytes: 1, updatedColumns: set };
        const after = traceRowOf(TRACE, later, updated as unknown as EarlierRow);
        const kept = after.row as unknown as Record<string, unknown>;
        for (const name of set) assert.deepEqual(kept[name], value, `${name} of ${set}`);
        assert.equal(kept.inferenceId, first.inferenceId);
      }
    }
    const steps = { ...first, bytes: 1, updatedColumns: ['steps'] };
    const { row } = traceRowOf(TRACE, later, steps as unknown as EarlierRow);
    assert.equal(row.metadata?.unrecordedSteps, 1);
  });

  it('keeps a comment of a reader beside an input, or metadata, of the same name', () => {
    const first = rowOf([{ id: 2, parent: 1 }]);
    const updated = {
      ...first,
      row: { ...first.row, comment: 'Wrong.', plan: 'pro' },
      ...{ bytes: 1, updatedColumns: ['comment', 'plan'] },
    };
    const attributes = { 'openlayer.step.inputs': '{"comment":"Add one."}', plan: 'free' };
    const root = mapOf([node({ id: 1, attributes })]);
    const second = traceRowOf(TRACE, root, updated as unknown as EarlierRow);
    const again = { ...second, bytes: 1, updatedColumns: ['comment', 'plan'] };
    for (const { row, config } of [second, traceRowOf(TRACE, root, again)]) {
      assert.deepEqual(
        [row.comment, row.input_comment, row.plan, config.inputVariableNames],
        ['Wrong.', 'Add one.', 'pro', ['input_comment']],
      );
    }
  });

  it('keeps what an update has written into an input, and takes over what no update has written', () => {
    const asked = { 'openlayer.step.inputs': '{"comment":"Add one."}', plan: 'free' };
    const first = rowOf([{ id: 1, attributes: asked }]);
    const updated = { ...first, row: { ...first.row, comment: 'Add two.' }, bytes: 1 };
    const later = mapOf([node({ id: 2, parent: 1 })]);
    const { row, config } = traceRowOf(TRACE, later, { ...updated, updatedColumns: ['comment'] });
    assert.equal(row.comment, 'Add two.');
    assert.deepEqual(config.inputVariableNames, ['comment']);
    assert.equal(
      traceRowOf(TRACE, later, { ...updated, updatedColumns: [] }).row.comment,
      'Add one.',
    );
  });

  it('has inputs with reserved names under other names', () => {
    const { row, config } = rowOf([
      { id: 1, attributes: { 'openlayer.step.inputs': '{"output":1,"input_output":2,"a":3}' } },
    ]);
    assert.deepEqual(config.inputVariableNames, ['input_output_', 'input_output', 'a']);
    assert.equal(row.input_output_, 1);
    assert.equal(row.output, null);
  });

  it('keeps what it does not understand in the metadata', () => {
    const { row } = rowOf([
      {
        id: 1,
        attributes: { 'my.own': { deep: [1] }, plan: 'pro' },
        scope: { name: 'my-lib', version: '2.0' },
        resource: { 'service.name': 'shop', 'host.name': 'h1' },
        links: [{ traceId: 'f'.repeat(32), spanId: 'e'.repeat(16) }],
      },
      { id: 2, parent: 1, resource: { 'service.name': 'stock', 'host.name': 'h2' } },
    ]);
    const { attributes, scope, otel } = row.metadata as Record<string, unknown>;
    assert.deepEqual(attributes, { 'my.own': { deep: [1] }, plan: 'pro' });
    assert.equal(scope, 'my-lib 2.0');
    assert.deepEqual(otel, {
      span_id: idOf(1),
      kind: 'internal',
      service: 'shop',
      links: [{ trace_id: 'f'.repeat(32), span_id: 'e'.repeat(16) }],
      resource: { 'service.name': 'shop', 'host.name': 'h1' },
    });
    const [child] = row.steps[0]?.steps ?? [];
    assert.deepEqual(child?.metadata.otel, {
      span_id: idOf(2),
      parent_span_id: idOf(1),
      kind: 'internal',
      service: 'stock',
    });
  });

  it('is written and printed for traces of any depth', () => {
    const spans = Array.from({ length: 6000 }, (_, i) => ({
      id: i + 1,
      ...(i > 0 && { parent: i }),
    }));
    const { row } = rowOf(spans);
    let count = 0;
    let depth = 0;
    const pending: [WireStep, number][] = row.steps.map((step) => [step, 1]);
    for (let next = pending.pop(); next; next = pending.pop()) {
      count += 1;
      depth = Math.max(depth, next[1]);
      for (const step of next[0].steps) pending.push([step, (next[1] as number) + 1]);
    }
    assert.equal(count, 6000);
    assert.equal(depth, 501);
    assert.match(renderTrace(row), /span 60/);
  });

  it('counts spans beyond its limits', () => {
    const spans = Array.from({ length: 20_002 }, (_, i) => ({
      id: i + 1,
      ...(i > 0 && { parent: 1 }),
    }));
    const first = traceRowOf(TRACE, mapOf(spans.map(node)));
    assert.equal(first.row.metadata?.unrecordedSteps, 2);
    const more = traceRowOf(
      TRACE,
      mapOf([node({ id: 30_000, parent: 1 }), node({ id: 1, name: 'again' })]),
      {
        ...first,
        bytes: 1,
      },
    );
    assert.equal(more.row.metadata?.unrecordedSteps, 3);
    assert.equal(more.row.steps[0]?.name, 'again');
    const large = { ...rowOf([{ id: 1 }]), bytes: 64 * 1024 * 1024 };
    const { row } = traceRowOf(TRACE, mapOf([node({ id: 2, parent: 1 })]), large);
    assert.equal(row.metadata?.unrecordedSteps, 1);
  });

  for (const [how, arrivals] of [
    ['at once', (spans: readonly TraceNode[]) => [spans]],
    ['in parts', (spans: readonly TraceNode[]) => [spans.slice(0, -1), spans.slice(-1)]],
  ] as const) {
    for (const [what, parent] of [
      ['root', {}],
      ['root of a service', { parent: 40_000, isRemote: true }],
    ] as const) {
      it(`keeps the ${what} that comes after all that a row may have: ${how}`, () => {
        const spans = Array.from({ length: 20_001 }, (_, i) => node({ id: i + 2, parent: 1 }));
        const root = node({
          id: 1,
          at: 0,
          name: 'POST /chat',
          attributes: { 'openlayer.inference_id': 'req-1', 'input.value': 'a question' },
          ...parent,
        });
        let row: TraceRow | undefined;
        for (const part of arrivals([...spans, root]))
          row = traceRowOf(TRACE, mapOf(part), row && { ...row, bytes: 64 * 1024 * 1024 });
        assert.equal(row?.inferenceId, 'req-1');
        assert.equal(row.row.steps[0]?.name, 'POST /chat');
        assert.equal(row.row.steps[0]?.steps.length, 20_000);
        assert.equal(row.row.metadata?.unrecordedSteps, 1);
      });
    }
  }
});
