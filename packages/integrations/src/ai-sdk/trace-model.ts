/** Has a model of the AI SDK record what it is asked, for versions whose telemetry tells too little. */

import {
  type ExpectedExchange,
  expectedExchange,
  isUntraced,
  reportFailure,
  untraced,
} from '@openlayer-tracing/core/integration';
import { type Json, record, text, without } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { traced } from '../common/traced.js';
import { aiParameters } from './facts.js';
import { AiModelCall } from './model-call.js';

type Ask = (this: unknown, options: Json) => PromiseLike<unknown>;

/** Wraps the methods that ask the provider; the model stays the object that it is. */
export function traceModelMethods(model: object, options: CallOptions): void {
  if (traced.has(model)) return;
  traced.add(model);
  for (const method of ['doGenerate', 'doStream', 'doEmbed'] as const) {
    const ask: unknown = Reflect.get(model, method);
    if (typeof ask !== 'function') continue;
    Object.defineProperty(model, method, {
      value: tracing(model, ask as Ask, method, options),
      enumerable: false,
      configurable: true,
      writable: true,
    });
  }
}

function tracing(model: object, ask: Ask, method: string, options: CallOptions): Ask {
  /** The SDK tries again with the same prompt. */
  const failed = new WeakMap<object, AiModelCall>();
  return async function tracedAsk(this: unknown, given: Json): Promise<unknown> {
    const call = begin(model, given, method, options, failed);
    if (call === undefined) return ask.call(this, given);
    let answer: unknown;
    try {
      answer = await untraced(() => ask.call(this, given));
    } catch (error) {
      guarded('failure', () => {
        if (call instanceof AiModelCall) {
          call.failed(error);
          failed.set(keyOf(given), call);
        } else call.giveBack();
      });
      throw error;
    }
    return call instanceof AiModelCall ? passedOn(call, answer) : answer;
  };
}

/** The answer as it is, or with a stream that is seen. */
export function passedOn<T>(call: AiModelCall, answer: T): T {
  try {
    const { stream } = record(answer);
    if (stream instanceof ReadableStream) return { ...answer, stream: call.streamed(stream) };
    call.whole(answer);
  } catch (error) {
    reportFailure('answer', error);
  }
  return answer;
}

function begin(
  model: object,
  given: Json,
  method: string,
  options: CallOptions,
  failed: WeakMap<object, AiModelCall>,
): AiModelCall | ExpectedExchange | undefined {
  return guarded('call', () => {
    if (isUntraced()) return undefined;
    const again = failed.get(keyOf(given));
    if (again?.tryAgain()) return again;
    const { provider, modelId } = model as { provider?: unknown; modelId?: unknown };
    const isEmbedding = method === 'doEmbed';
    const { prompt, tools, values } = given;
    const expected = expectedExchange(text(modelId), { prompt, values });
    if (expected !== undefined) return expected;
    return AiModelCall.begin(options, {
      type: isEmbedding ? 'embedding' : 'chat_completion',
      provider,
      modelId,
      inputs: isEmbedding ? { input: values } : without({ prompt, tools }),
      parameters: aiParameters(given),
    });
  });
}

function keyOf({ prompt, values }: Json): object {
  return (prompt ?? values) as object;
}

function guarded<T>(what: string, fn: () => T): T | undefined {
  try {
    return fn();
  } catch (error) {
    reportFailure(what, error);
    return undefined;
  }
}
