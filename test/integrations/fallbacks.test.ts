/** A client's own middleware sends several requests for one call of a method: those that are no retries are steps of their own. */

import assert from 'node:assert/strict';
import { trace } from '@openlayer-tracing/core';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import Anthropic from 'anthropic1';
import { betaRefusalFallbackMiddleware } from 'anthropic1/lib/middleware';
import { type Reply, type RequestContent, stepsOfCalls } from './answering.ts';

const messages = [{ role: 'user' as const, content: 'hi' }];
const asked = { model: 'first', max_tokens: 9, messages };

interface Said {
  readonly text?: string;
  readonly isRefused?: boolean;
  readonly status?: number;
}

/** A model's answer, whole or as a stream. */
function replyOf(model: string, isStream: boolean, said: Said): Reply {
  const { text = 'served', isRefused = false, status } = said;
  if (status !== undefined) {
    return { json: { type: 'error', error: { type: 'api_error', message: 'no' } }, status };
  }
  const usage = { input_tokens: 1000, output_tokens: isRefused ? 200 : 50 };
  const details = {
    type: 'refusal',
    category: 'cyber',
    explanation: 'no',
    fallback_credit_token: 'T',
    fallback_has_prefill_claim: true,
  };
  const end = {
    stop_reason: isRefused ? 'refusal' : 'end_turn',
    stop_sequence: null,
    ...(isRefused && { stop_details: details }),
  };
  const about = { id: `msg_${model}`, type: 'message', role: 'assistant', model };
  if (!isStream) return { json: { ...about, content: [{ type: 'text', text }], usage, ...end } };
  const started = { ...about, content: [], usage: { input_tokens: 1000, output_tokens: 1 } };
  const events = [
    { type: 'message_start', message: started },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: end, usage },
    { type: 'message_stop' },
  ];
  return { events: events.map((event) => ({ event: event.type, ...event })) };
}

/** The steps of one call, which these models answer so. An array has the answers to the attempts of one model. */
async function stepsOfCall(
  models: Readonly<Record<string, Said | Said[]>>,
  isStream: boolean,
): Promise<readonly WireStep[]> {
  const left = structuredClone(models) as Record<string, Said | Said[]>;
  const reply = ({ body }: RequestContent) => {
    const { model } = body as { model: string };
    const said = left[model];
    return replyOf(model, isStream, (Array.isArray(said) ? said.shift() : said) ?? {});
  };
  const { steps } = await stepsOfCalls(reply, (url) =>
    trace(async function call() {
      const [, ...fallbacks] = Object.keys(models);
      const anthropic = traceAnthropic(
        new Anthropic({
          apiKey: 'k',
          baseURL: url,
          logLevel: 'off',
          middleware: [betaRefusalFallbackMiddleware(fallbacks.map((model) => ({ model })))],
        }),
      );
      if (!isStream) {
        // If the last model fails as well, so does the call.
        await anthropic.beta.messages.create(asked).catch(() => {});
        return;
      }
      for await (const _ of await anthropic.beta.messages.create({ ...asked, stream: true }));
    })(),
  );
  return steps[0]?.steps ?? [];
}

/** What a step says of its request. */
function told(step: WireStep): object {
  const { metadata = {} } = step;
  const { model, promptTokens, completionTokens } = step as {
    readonly model?: string;
    readonly promptTokens?: number;
    readonly completionTokens?: number;
  };
  const attempts = (metadata.attempts as readonly unknown[] | undefined)?.length ?? 1;
  const { finishReason = null, ended = null, partial = null } = metadata;
  const isRefusal = 'stop_details' in metadata;
  return {
    ...{ model, promptTokens, completionTokens, finishReason, attempts, isRefusal },
    ...{ ended, partial, isFailed: 'error' in step || metadata.error !== undefined },
  };
}

const REFUSED = {
  ...{ promptTokens: 1000, completionTokens: 200, finishReason: 'refusal', attempts: 1 },
  ...{ isRefusal: true, ended: null, partial: null, isFailed: false },
};
const SERVED = {
  ...{ promptTokens: 1000, completionTokens: 50, finishReason: 'end_turn', attempts: 1 },
  ...{ isRefusal: false, ended: null, partial: null, isFailed: false },
};

describe("Anthropic's fallback to another model", () => {
  for (const isStream of [false, true]) {
    const how = isStream ? 'a stream' : 'a whole message';

    it(`is a step of its own after a refusal of ${how}`, async () => {
      const steps = await stepsOfCall({ first: { isRefused: true }, second: {} }, isStream);
      assert.deepEqual(steps.map(told), [
        { model: 'first', ...REFUSED },
        { model: 'second', ...SERVED },
      ]);
    });

    it(`is one step for each refusal of ${how}`, async () => {
      const steps = await stepsOfCall(
        { first: { isRefused: true }, second: { isRefused: true }, third: {} },
        isStream,
      );
      assert.deepEqual(steps.map(told), [
        { model: 'first', ...REFUSED },
        { model: 'second', ...REFUSED },
        { model: 'third', ...SERVED },
      ]);
    });

    it(`is no step of its own if ${how} is only retried`, async () => {
      const steps = await stepsOfCall({ first: [{ status: 500 }, {}], second: {} }, isStream);
      assert.deepEqual(steps.map(told), [{ model: 'first', ...SERVED, attempts: 2 }]);
    });

    it(`is a step of its own if another model fails in between, of ${how}`, async () => {
      const steps = await stepsOfCall(
        { first: { isRefused: true }, second: { status: 400 }, third: {} },
        isStream,
      );
      const models = steps.map((step) => ('model' in step ? step.model : undefined));
      if (isStream) assert.deepEqual(models, ['first', 'second', 'second', 'third']);
      else assert.deepEqual(models, ['first', 'second']);
      assert.deepEqual(steps.slice(0, 1).map(told), [{ model: 'first', ...REFUSED }]);
      if (isStream) assert.deepEqual(steps.slice(-1).map(told), [{ model: 'third', ...SERVED }]);
    });
  }
});
