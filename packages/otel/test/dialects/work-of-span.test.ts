/** What is read of a span at its start agrees with what is read of it later. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { isModelCall } from '@openlayer-tracing/core/integration';
import { RandomValues } from '../../../../test/integrations/random-values.ts';
import { MODEL_KEYS, TYPE_KEYS } from '../../src/dialects/attributes/work-rules.ts';
import type { SpanData } from '../../src/dialects/data/span-data.ts';
import { stepOfSpan } from '../../src/dialects/to-step/step-of-span.ts';
import { isOfModels, workOfSpan } from '../../src/dialects/to-step/work-of-span.ts';

const RECORDED = new URL('../../../../test/otel/spans/', import.meta.url);

function spansIn(file: string): readonly SpanData[] {
  const { spans } = JSON.parse(readFileSync(new URL(file, RECORDED), 'utf8')) as {
    readonly spans: readonly SpanData[];
  };
  return spans;
}

const EMPTY: SpanData = {
  name: 'work',
  kind: 'client',
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  startMs: 1,
  endMs: 2,
  attributes: {},
  events: [],
  links: [],
  status: { code: 'unset' },
  scope: { name: 'app' },
  resource: {},
};

/** The type, the model of a model call, and whether the span is provisional, by the whole step. */
function workInStep(span: SpanData): unknown {
  const { step, isPending } = stepOfSpan(span);
  const { type } = step;
  return { type, model: isModelCall(type) ? step.model : undefined, isPending };
}

describe('the work of a span', () => {
  for (const file of readdirSync(RECORDED)) {
    it(`is that of its step: ${file}`, () => {
      for (const span of spansIn(file).filter(({ attributes }) => isOfModels(attributes))) {
        assert.deepEqual(workOfSpan(span), workInStep(span), span.name);
      }
    });
  }

  it('is that of its step, whichever dialects it mixes', () => {
    const words = [
      'chat',
      'LLM',
      'tool',
      'chain',
      'span',
      'retriever',
      'ai.toolCall',
      'odd',
      '',
      7,
      true,
    ];
    const values: Readonly<Record<string, readonly unknown[]>> = {
      ...Object.fromEntries([...TYPE_KEYS].map(({ key }) => [key, words])),
      ...Object.fromEntries(
        [...MODEL_KEYS].map(({ key }) => [key, ['m-1', 'models/m-2', '', 7, ['m']]]),
      ),
      'logfire.span_type': ['pending_span', 'span'],
      metadata: ['{"ls_model_name":"m-3"}', 'none'],
      'gen_ai.usage.input_tokens': [12],
      'db.vector.query.top_k': [3],
    };
    const keys = Object.keys(values);
    const random = new RandomValues(1);
    const pick = <T>(all: readonly T[]): T => all[Math.floor(random.next() * all.length)] as T;
    let checked = 0;
    for (let i = 0; i < 5000; i++) {
      const chosen = Array.from({ length: 1 + Math.floor(random.next() * 5) }, () => pick(keys));
      const attributes = Object.fromEntries(chosen.map((key) => [key, pick(values[key] ?? [])]));
      if (!isOfModels(attributes)) continue;
      checked++;
      const span = { ...EMPTY, kind: pick(['client', 'internal'] as const), attributes };
      assert.deepEqual(workOfSpan(span), workInStep(span), JSON.stringify(attributes));
    }
    assert.ok(checked > 2500);
  });

  it('is its kind if its attributes are of no model, agent or tool', () => {
    const attributes = { 'db.query.text': 'SELECT 1' };
    assert.deepEqual(workOfSpan({ kind: 'client', attributes, events: [] }), {
      type: 'function_call',
      model: undefined,
      isPending: false,
    });
  });

  it('finds the model in metadata of LangChain', () => {
    const attributes = {
      'openinference.span.kind': 'LLM',
      metadata: '{"ls_model_name":"gpt-5-mini"}',
    };
    assert.equal(workOfSpan({ kind: 'internal', attributes, events: [] }).model, 'gpt-5-mini');
  });

  it('has the model of its own attribute rather than that in metadata', () => {
    const attributes = {
      'openinference.span.kind': 'llm',
      metadata: '{"ls_model_name":"gpt-5-mini"}',
      'llm.model_name': 'models/gemini-3',
    };
    assert.equal(workOfSpan({ kind: 'internal', attributes, events: [] }).model, 'gemini-3');
  });

  it('is no word that all objects have', () => {
    const attributes = { 'gen_ai.operation.name': 'constructor' };
    assert.equal(workOfSpan({ kind: 'client', attributes, events: [] }).type, 'function_call');
  });

  it('is a model call without a stated type if there are a model and tokens', () => {
    const attributes = { 'gen_ai.request.model': 'm', 'gen_ai.usage.input_tokens': 12 };
    assert.deepEqual(workOfSpan({ kind: 'client', attributes, events: [] }), {
      type: 'chat_completion',
      model: 'm',
      isPending: false,
    });
  });
});
