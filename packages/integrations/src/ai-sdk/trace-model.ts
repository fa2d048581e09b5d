/** Makes a model of the AI SDK record its calls, for versions of the SDK whose telemetry is incomplete. */

import {
  type AnnouncedRequest,
  announcedRequest,
  isUntraced,
  runGuarded,
  untraced,
} from '@openlayer-tracing/core/integration';
import { replaceMethod } from '../common/hooks/replace-method.js';
import { traced } from '../common/hooks/traced.js';
import { type Json, objectOrEmpty, stringOrUndefined } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { METHODS, modelKindOf } from './kinds.js';
import { AiModelCall } from './model-call.js';

type ModelMethod = (this: unknown, options: Json) => PromiseLike<unknown>;

/** Replaces the methods of the model that send requests to the provider. A model that is traced already is not changed. */
export function traceModelMethods(model: object, options: CallOptions): void {
  if (traced.has(model)) return;
  traced.add(model);
  for (const method of METHODS) {
    replaceMethod(model as Record<string, ModelMethod>, method, (send) =>
      tracedMethod(model, send, method, options),
    );
  }
}

function tracedMethod(
  model: object,
  send: ModelMethod,
  method: string,
  options: CallOptions,
): ModelMethod {
  /** Calls that failed, by an object that the SDK passes again for a retry. */
  const failed = new WeakMap<object, AiModelCall>();
  return async function tracedMethod(this: unknown, params: Json): Promise<unknown> {
    const call = startModelCall(model, params, method, options, failed);
    if (call === undefined) return send.call(this, params);
    let response: unknown;
    try {
      response = await untraced(() => send.call(this, params));
    } catch (error) {
      runGuarded('failure', () => {
        if (call instanceof AiModelCall) {
          call.fail(error);
          failed.set(retryKeyOf(params), call);
        } else call.markFailed();
      });
      throw error;
    }
    return call instanceof AiModelCall ? recordResponse(call, response) : response;
  };
}

/** Ends the call with a complete response. @returns the response itself, or a copy of it whose stream is observed */
export function recordResponse<T>(call: AiModelCall, response: T): T {
  const observed = runGuarded('response', () => {
    const { stream } = objectOrEmpty(response);
    if (stream instanceof ReadableStream) {
      return { ...response, stream: call.observeStream(stream, objectOrEmpty(response)) };
    }
    call.endWith(response);
    return response;
  });
  return observed ?? response;
}

function startModelCall(
  model: object,
  params: Json,
  method: string,
  options: CallOptions,
  failed: WeakMap<object, AiModelCall>,
): AiModelCall | AnnouncedRequest | undefined {
  return runGuarded('call', () => {
    if (isUntraced()) return undefined;
    const key = retryKeyOf(params);
    const failedCall = failed.get(key);
    failed.delete(key);
    if (failedCall?.retry()) return failedCall;
    const { provider, modelId } = model as { provider?: unknown; modelId?: unknown };
    const announced = announcedRequest(stringOrUndefined(modelId), inputsToMatch(params));
    if (announced !== undefined) return announced;
    return AiModelCall.start(options, {
      kind: modelKindOf(model, method, params),
      provider,
      modelId,
      params,
    });
  });
}

/** The inputs of a call, by which an announced request is recognised. */
function inputsToMatch({ prompt, values, text: input, query, state }: Json): Json {
  return { prompt, values, text: input, query, state };
}

/** An object that the SDK passes again for each retry of a call, and for no other call. */
function retryKeyOf({ prompt, values, documents, headers, ...others }: Json): object {
  const candidates = [prompt, values, documents, headers];
  return (
    candidates.find((each): each is object => typeof each === 'object' && each !== null) ?? others
  );
}
