import assert from 'node:assert/strict';
import { addStep, type StepOptions, step, trace, updateCurrentStep } from '@openlayer-tracing/core';
import type { StepType } from '@openlayer-tracing/core/wire';
import { record } from './support.ts';

const inTrace = <R>(fn: () => R): R => trace(fn, { name: 'root' })();

/** What each type has on the wire when nothing is known, and with every field set. */
const TYPES: Record<StepType, { readonly unset: object; readonly set: object }> = {
  user_call: { unset: {}, set: {} },
  chain: { unset: {}, set: {} },
  function_call: { unset: {}, set: {} },
  chat_completion: {
    unset: {
      provider: null,
      promptTokens: null,
      completionTokens: null,
      tokens: null,
      cost: null,
      model: null,
      modelParameters: null,
    },
    set: {
      provider: 'openai',
      promptTokens: 10,
      completionTokens: 5,
      tokens: 15,
      cost: 0.25,
      model: 'gpt-4o-mini',
      modelParameters: { temperature: 0.5, stop: ['\n'] },
      rawOutput: { id: 'chatcmpl-1' },
      usageDetails: { input_tokens: 10, output_tokens: 5 },
    },
  },
  embedding: {
    unset: {
      provider: null,
      promptTokens: null,
      tokens: null,
      cost: null,
      model: null,
      modelParameters: null,
      rawOutput: null,
      embeddingDimensions: null,
      embeddingCount: null,
    },
    set: {
      provider: 'openai',
      promptTokens: 3,
      tokens: 3,
      cost: 0,
      model: 'text-embedding-3-small',
      modelParameters: {},
      rawOutput: [0.1],
      embeddingDimensions: 1536,
      embeddingCount: 2,
    },
  },
  agent: {
    unset: {},
    set: { tool: 'search', action: { name: 'search' }, agentType: 'react' },
  },
  tool: { unset: {}, set: { functionName: 'search', arguments: { query: 'q' } } },
  retriever: { unset: {}, set: { documents: ['a', { content: 'b' }] } },
  handoff: {
    unset: { fromComponent: null, toComponent: null, handoffData: null },
    set: { fromComponent: 'triage', toComponent: 'orders', handoffData: { id: 1 } },
  },
  guardrail: {
    unset: {
      action: null,
      blockedEntities: null,
      confidenceThreshold: null,
      reason: null,
      detectedEntities: null,
      redactedEntities: null,
      blockStrategy: null,
      dataType: null,
    },
    set: {
      action: 'block',
      blockedEntities: ['PII'],
      confidenceThreshold: 0.5,
      reason: 'an address',
      detectedEntities: ['EMAIL'],
      redactedEntities: [],
      blockStrategy: 'raise_exception',
      dataType: 'input',
    },
  },
};

/** What stands on a step of whatever type. */
const COMMON = new Set(
  'name id type inputs output groundTruth metadata steps latency startTime endTime'.split(' '),
);

const fieldsOf = (s: object) =>
  Object.fromEntries(Object.entries(s).filter(([key]) => !COMMON.has(key)));

describe('a step of type', () => {
  for (const [type, { unset, set }] of Object.entries(TYPES)) {
    const of = (name: string, fields: object) => ({ name, type, ...fields }) as StepOptions<'tool'>;

    it(`${type} has its fields, from every way to set them`, async () => {
      using traces = record();
      inTrace(() => {
        step(of('unset', {}), () => {});
        step(of('set', set), () => {});
        step(of('updated', {}), (s) => s.update(set));
        step(of('updated later', {}), () => updateCurrentStep(set as object));
        addStep(of('added', set));
        step(
          of('undefined', Object.fromEntries(Object.keys(set).map((key) => [key, undefined]))),
          () => {},
        );
      });
      assert.deepEqual(fieldsOf(await traces.step('unset')), unset);
      assert.deepEqual(fieldsOf(await traces.step('undefined')), unset);
      for (const name of ['set', 'updated', 'updated later', 'added']) {
        const recorded = await traces.step(name);
        assert.equal(recorded.type, type);
        assert.deepEqual(fieldsOf(recorded), set, name);
      }
      assert.deepEqual(traces.reasons, []);
    });

    it(`${type} keeps values of the wrong kind in metadata`, async () => {
      using traces = record();
      const wrong = Object.fromEntries(Object.keys(set).map((key) => [key, WRONG(key)]));
      inTrace(() => step(of('wrong', wrong), () => {}));
      const recorded = await traces.step('wrong');
      for (const [key, value] of Object.entries(wrong)) {
        if (ANY.has(`${type}.${key}`)) assert.deepEqual(recorded[key], value);
        else if (key !== 'usageDetails') {
          assert.equal(recorded[key], key in unset ? null : undefined, key);
          assert.deepEqual(recorded.metadata[key], value, key);
        }
      }
      assert.equal(recorded.usageDetails, undefined);
    });
  }

  /** Fields that take any value: none is wrong. */
  const ANY = new Set([
    'chat_completion.rawOutput',
    'embedding.rawOutput',
    'agent.action',
    'tool.arguments',
    'handoff.handoffData',
  ]);
  const WRONG = (key: string): unknown => {
    if (key === 'modelParameters') return ['a list'];
    if (key === 'documents') return { not: 'a list' };
    if (/Entities$/.test(key)) return ['PII', 7];
    if (/okens|cost|Threshold|Dimensions|Count/.test(key)) return '17';
    return 7;
  };

  it('has amounts that are amounts', async () => {
    using traces = record();
    const amounts = [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, '7', 7n, null, {}];
    inTrace(() => {
      for (const [i, tokens] of amounts.entries()) {
        step({ name: `${i}`, type: 'chat_completion', tokens: tokens as number }, () => {});
      }
      step({ name: 'fraction', type: 'embedding', embeddingCount: 1.5 }, () => {});
    });
    for (const [i] of amounts.entries()) assert.equal((await traces.step(`${i}`)).tokens, null);
    assert.equal((await traces.step('fraction')).embeddingCount, null);
    assert.equal((await traces.row()).tokens, null);
  });

  it('chat_completion keeps the usage details that can be priced', async () => {
    using traces = record();
    const usageDetails = {
      input_tokens: 3,
      output_tokens: 0,
      Negative: 1,
      'white space': 1,
      cached_tokens: -1,
      audio_input_tokens: Number.NaN,
    };
    inTrace(() => {
      step({ name: 'some', type: 'chat_completion', usageDetails }, () => {});
      step({ name: 'none', type: 'chat_completion', usageDetails: { a: 0 } }, () => {});
    });
    assert.deepEqual((await traces.step('some')).usageDetails, { input_tokens: 3 });
    assert.equal((await traces.step('none')).usageDetails, undefined);
  });

  it('unknown to the platform is recorded as user_call, and said', async () => {
    using traces = record();
    inTrace(() => step({ name: 's', type: 'span' as 'tool' }, () => {}));
    assert.equal((await traces.step('s')).type, 'user_call');
    assert.deepEqual(traces.reasons, ['bad_input']);
  });
});
