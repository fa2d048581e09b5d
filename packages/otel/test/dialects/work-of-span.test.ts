/** What is read of a span at its start agrees with what is read of it later. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { isModelCall } from '@openlayer-tracing/core/integration';
import type { SpanData } from '../../src/dialects/span-data.ts';
import { stepOfSpan } from '../../src/dialects/to-step/step-of-span.ts';
import { isOfModels, workOfSpan } from '../../src/dialects/to-step/work-of-span.ts';

const RECORDED = new URL('../../../../test/otel/spans/', import.meta.url);

function spansIn(file: string): readonly SpanData[] {
  const { spans } = JSON.parse(readFileSync(new URL(file, RECORDED), 'utf8')) as {
    readonly spans: readonly SpanData[];
  };
  return spans;
}

/** The type, the model of a model call, and whether the span is provisional, by the whole step. */
function workInStep(span: SpanData): unknown {
  const { step, isPending } = stepOfSpan(span);
  const { type } = step;
  return { type, model: isModelCall(type) ? step.model : undefined, isPending };
}

describe('the work of a span', () => {
  for (const file of readdirSync(RECORDED)) {
    it(`is what its step says: ${file}`, () => {
      for (const span of spansIn(file).filter(({ attributes }) => isOfModels(attributes))) {
        assert.deepEqual(workOfSpan(span), workInStep(span), span.name);
      }
    });
  }

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
