/** What a run of Anthropic's agent SDK used: the totals that its results state, divided among its model calls. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceClaudeAgent } from '@openlayer-tracing/integrations/claude-agent-sdk';
import {
  type Asked,
  agentOf,
  assistant,
  from,
  INIT,
  type Json,
  read,
  recorded,
  result,
  said,
} from './claude-agent.ts';
import { rowsOf } from './stage.ts';

const SONNET = 'claude-sonnet-4-6';
const OPUS = 'claude-opus-4-7';

/** A model call with 110 tokens of input and 2 of output. */
const answer = (id: string, model = SONNET, over: Json = {}): Json =>
  assistant(id, [said(id)], { ...over, message: { model } });

/** The totals of a model. The input is that of so many answers. */
const total = (answers: number, outputTokens: number, costUSD: number, over: Json = {}): Json => ({
  ...{ inputTokens: 10 * answers, outputTokens, cacheReadInputTokens: 100 * answers },
  ...{ cacheCreationInputTokens: 0, costUSD, ...over },
});

/** A result with these totals. */
function stated(modelUsage: Readonly<Record<string, Json>>, over: Json = {}): Json {
  const costs = Object.values(modelUsage).map(({ costUSD }) => Number(costUSD));
  return result({
    modelUsage,
    total_cost_usd: costs.reduce((sum, each) => sum + each, 0),
    ...over,
  });
}

const FAILED = { subtype: 'error_during_execution', is_error: true, result: undefined };
const crash = (modelUsage: Readonly<Record<string, Json>>): Json =>
  stated(modelUsage, { ...FAILED, errors: ['the process crashed'] });
const reset = (trigger: string): Json =>
  from({ type: 'conversation_reset', new_conversation_id: 'c2', trigger });

async function* prompts() {
  yield { type: 'user', message: { role: 'user', content: 'go on' } };
}

/** Each model call by its answer, or `rest`: tokens of output, cost in thousandths of a dollar. */
function usedBy(step: WireStep): Record<string, string> {
  const calls = step.steps.filter(({ type }) => type === 'chat_completion');
  return Object.fromEntries(
    calls.map(({ output, metadata, completionTokens }, i) => {
      const { estimatedCost } = (metadata.billed ?? {}) as { estimatedCost?: number };
      const cost = estimatedCost === undefined ? 'unknown' : Math.round(estimatedCost * 1e5) / 100;
      const name = metadata.isRestOfRun === true ? `rest ${i}` : String(output);
      return [name, `${completionTokens} for ${cost}`];
    }),
  );
}

const zeros = { [SONNET]: total(0, 0, 0) };
const RESUMED = { options: { resume: 's0' } };

interface Case {
  readonly script: readonly Json[];
  readonly asked?: Partial<Asked>;
  readonly used: Readonly<Record<string, string>>;
  readonly metadata?: Json;
}

const cases: Readonly<Record<string, Case>> = {
  'by the last result, which has the totals of all': {
    script: [
      answer('a'),
      stated({ [SONNET]: total(1, 2, 0.03) }),
      answer('b'),
      stated({ [SONNET]: total(2, 4, 0.06) }),
    ],
    used: { a: '2 for 30', b: '2 for 30' },
    metadata: { costUsd: 0.06 },
  },
  'with one rest, which grows with each result': {
    script: [
      answer('a'),
      stated({ [SONNET]: total(1, 52, 0.03) }),
      answer('b'),
      stated({ [SONNET]: total(2, 104, 0.06) }),
    ],
    used: { a: '2 for 3.21', 'rest 1': '100 for 53.57', b: '2 for 3.21' },
  },
  'by the sum of all names of a model': {
    script: [
      answer('a', OPUS),
      answer('b', OPUS),
      stated({
        [`${OPUS}[1m]`]: total(1, 2, 0.9, { canonicalModel: OPUS }),
        [OPUS]: total(1, 2, 0.1, { canonicalModel: OPUS }),
      }),
    ],
    used: { a: '2 for 500', b: '2 for 500' },
    metadata: { costUsd: 1 },
  },
  'by the sum of all names of a model, if its messages have the name of a provider': {
    script: [
      answer('a', `us.anthropic.${OPUS}-v1:0`),
      answer('b', OPUS),
      stated({
        [`us.anthropic.${OPUS}-v1:0`]: total(1, 2, 0.9, { canonicalModel: OPUS }),
        [`us.anthropic.${OPUS}-v1:0[1m]`]: total(1, 2, 0.1),
      }),
    ],
    used: { a: '2 for 500', b: '2 for 500' },
  },
  'not at all for a model if the SDK guesses the price of one of its names': {
    script: [
      answer('a', OPUS),
      stated({
        [`${OPUS}[1m]`]: total(1, 2, 0.9, { costBasis: 'unknown' }),
        [OPUS]: total(0, 0, 0.1),
      }),
    ],
    used: { a: '2 for unknown' },
  },
  'by the last totals if a crash has none': {
    script: [answer('a'), stated({ [SONNET]: total(1, 2, 0.5) }), answer('b'), crash({})],
    used: { a: '2 for 500', b: '2 for unknown' },
    metadata: { costUsd: 0.5, modelUsage: { [SONNET]: total(1, 2, 0.5) } },
  },
  'by the last totals if a crash has zeros': {
    script: [answer('a'), stated({ [SONNET]: total(1, 2, 0.5) }), crash(zeros)],
    used: { a: '2 for 500' },
    metadata: { costUsd: 0.5 },
  },
  'by the totals of a failure that has them': {
    script: [answer('a'), crash({ [SONNET]: total(1, 2, 0.5) })],
    used: { a: '2 for 500' },
    metadata: { costUsd: 0.5 },
  },
  'from zero on after totals that are lower': {
    script: [
      answer('a'),
      stated({ [SONNET]: total(1, 2, 0.5) }),
      stated(zeros),
      answer('b'),
      stated({ [SONNET]: total(1, 12, 0.05) }),
    ],
    used: { a: '2 for 500', b: '2 for 18.75', 'rest 2': '10 for 31.25' },
    metadata: { costUsd: 0.55 },
  },
  'from zero on after totals that lack a model': {
    script: [
      answer('a'),
      stated({ [SONNET]: total(1, 2, 0.5) }),
      answer('b', OPUS),
      stated({ [OPUS]: total(1, 2, 0.7) }),
    ],
    used: { a: '2 for 500', b: '2 for 700' },
    metadata: { costUsd: 1.2 },
  },
  'from zero on after /clear, even if the totals are higher': {
    script: [
      answer('a'),
      stated({ [SONNET]: total(1, 2, 0.5) }),
      reset('clear'),
      answer('b'),
      stated({ [SONNET]: total(1, 2, 0.75) }),
    ],
    used: { a: '2 for 500', b: '2 for 750' },
    metadata: { costUsd: 1.25 },
  },
  'once if the result of /clear still states them': {
    script: [
      answer('a'),
      stated({ [SONNET]: total(1, 2, 0.5) }),
      reset('clear'),
      stated({ [SONNET]: total(1, 2, 0.5) }),
      answer('b'),
      stated({ [SONNET]: total(1, 2, 0.75) }),
    ],
    used: { a: '2 for 500', b: '2 for 750' },
    metadata: { costUsd: 1.25 },
  },
  'as before if the conversation is discarded in another way and the totals go on': {
    script: [
      answer('a'),
      stated({ [SONNET]: total(1, 2, 0.03) }),
      reset('plan_mode_exit'),
      answer('b'),
      stated({ [SONNET]: total(2, 4, 0.06) }),
    ],
    used: { a: '2 for 30', b: '2 for 30' },
    metadata: { costUsd: 0.06 },
  },
  'without cost for the first result of a resumed session': {
    script: [
      answer('a'),
      answer('s', OPUS, { parent_tool_use_id: 't9' }),
      stated(
        { [SONNET]: total(50, 9000, 2.5) },
        { usage: { input_tokens: 10, cache_read_input_tokens: 100, output_tokens: 800 } },
      ),
    ],
    asked: RESUMED,
    used: { a: '2 for unknown', s: '2 for unknown', 'rest 2': '798 for unknown' },
    metadata: { sessionCostUsd: 2.5, costUsd: undefined, countsMainLoopOnly: true },
  },
  'by what later results of a resumed session have more': {
    script: [
      answer('a'),
      crash(zeros),
      stated({ [SONNET]: total(50, 9000, 2.5) }, { usage: {} }),
      answer('b'),
      stated({ [SONNET]: total(51, 9002, 2.53) }),
      answer('c'),
      stated({ [SONNET]: total(52, 9004, 2.56) }),
    ],
    asked: RESUMED,
    used: { a: '2 for unknown', b: '2 for 30', c: '2 for 30' },
    metadata: { sessionCostUsd: 2.56 },
  },
  'from zero on after /clear in a resumed session': {
    script: [reset('clear'), answer('a'), stated({ [SONNET]: total(1, 2, 0.03) })],
    asked: RESUMED,
    used: { a: '2 for 30' },
    metadata: { countsMainLoopOnly: undefined },
  },
};

describe('the totals of a run of the Claude agent SDK are divided', () => {
  for (const [how, { script, asked, used, metadata = {} }] of Object.entries(cases)) {
    it(how, async () => {
      const step = await recorded(agentOf(INIT, ...script), (query) =>
        read(query, { prompt: prompts(), ...asked }),
      );
      assert.deepEqual(usedBy(step), used);
      const found = Object.keys(metadata).map((key) => [key, step.metadata[key]]);
      assert.deepEqual(Object.fromEntries(found), metadata);
    });
  }

  /** The step of a run by a process that was started with these options. */
  async function warmRun(startup: (asked: { options?: Json }) => Promise<Warm>, options?: Json) {
    using captured = captureTraces();
    const warm = await startup({ ...(options && { options }) });
    for await (const _ of warm.query('Fix it.'));
    const [row] = await rowsOf(captured, 1);
    return row?.steps[0] as WireStep;
  }

  interface Warm {
    query(prompt: string): AsyncIterable<unknown>;
  }

  const startup = async (_asked: { options?: Json }): Promise<Warm> => ({
    query: (prompt) =>
      agentOf(answer('a'), stated({ [SONNET]: total(1, 2, 2.5) }, { usage: {} }))({ prompt }),
  });

  it('for a process that was started before, if its options are known', async () => {
    const traced = traceClaudeAgent(startup);
    const fresh = await warmRun(traced, { model: SONNET });
    assert.deepEqual(usedBy(fresh), { a: '2 for 2500' });
    assert.deepEqual(fresh.metadata.parameters, { model: SONNET });
    for (const options of [{ resume: 's0' }, { continue: true }]) {
      const resumed = await warmRun(traced, options);
      assert.deepEqual(usedBy(resumed), { a: '2 for unknown' });
      assert.equal(resumed.metadata.sessionCostUsd, 2.5);
    }
    const unknown = await warmRun(async (asked) => traceClaudeAgent(await startup(asked)));
    assert.deepEqual(usedBy(unknown), { a: '2 for unknown' });
  });
});
