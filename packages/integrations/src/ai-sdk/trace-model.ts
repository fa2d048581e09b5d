/** Makes a model of the AI SDK record its calls, for versions of the SDK whose telemetry is incomplete. */

import {
  type AnnouncedRequest,
  announcedRequest,
  isUntraced,
  runGuarded,
  untraced,
} from '@openlayer-tracing/core/integration';
import { replaceMethod } from '../common/hooks/replace-method.js';
import { markTraced } from '../common/hooks/traced.js';
import { type JsonObject, objectOrEmpty, stringOrUndefined } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { headerOf } from '../http/exchange/headers.js';
import { AiSdkModelCall } from './model-call.js';
import { MODEL_METHODS, modelKindOf } from './model-kinds.js';

/** The user agent that the SDK adds to the headers of an operation, in an object of its own. */
const AI_SDK = /(?:^| )ai\//;

type ModelMethod = (this: unknown, options: JsonObject) => PromiseLike<unknown>;

/** Replaces the methods of the model that send requests to the provider. A model that is traced already is not changed. */
export function traceModelMethods(model: object, options: CallOptions): void {
  if (!markTraced(model)) return;
  for (const method of MODEL_METHODS) {
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
  const retried = new CallsByParams();
  return async function tracedMethod(this: unknown, params: JsonObject): Promise<unknown> {
    const call = startModelCall(model, params, method, options, retried);
    if (call === undefined) return send.call(this, params);
    let response: unknown;
    try {
      response = await untraced(() => send.call(this, params));
    } catch (error) {
      runGuarded('failure', () => {
        if (call instanceof AiSdkModelCall) {
          call.fail(error, { isAttempt: true });
          retried.add(params, call);
        } else call.markFailed();
      });
      throw error;
    }
    return call instanceof AiSdkModelCall ? recordResponse(call, response) : response;
  };
}

/** Ends the call with a complete response. @returns the response itself, or a copy of it whose stream is observed */
export function recordResponse<T>(call: AiSdkModelCall, response: T): T {
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
  params: JsonObject,
  method: string,
  options: CallOptions,
  retried: CallsByParams,
): AiSdkModelCall | AnnouncedRequest | undefined {
  return runGuarded('call', () => {
    if (isUntraced()) return undefined;
    const failedCall = retried.take(params);
    if (failedCall?.retry()) return failedCall;
    const { provider, modelId } = model as { provider?: unknown; modelId?: unknown };
    const announced = announcedRequest(stringOrUndefined(modelId), inputsToMatch(params));
    if (announced !== undefined) return announced;
    return AiSdkModelCall.start(options, {
      kind: modelKindOf(model, method, params),
      provider,
      modelId,
      params,
    });
  });
}

/** The inputs of a call, by which an announced request is recognised. */
function inputsToMatch({ prompt, values, text: input, query, state }: JsonObject): JsonObject {
  return { prompt, values, text: input, query, state };
}

interface FailedCall {
  readonly call: AiSdkModelCall;
  readonly values: unknown;
}

/** Calls whose last attempt failed, and which the SDK may retry. */
class CallsByParams {
  readonly #calls = new WeakMap<object, FailedCall[]>();

  add(params: JsonObject, call: AiSdkModelCall): void {
    const key = retryKeyOf(params);
    const others = this.#calls.get(key)?.filter((each) => each.call.isTraceOpen) ?? [];
    this.#calls.set(key, [...others, { call, values: params.values }]);
  }

  /** Removes and returns the call that these parameters retry; undefined if there is none, or its trace has ended. */
  take(params: JsonObject): AiSdkModelCall | undefined {
    const calls = this.#calls.get(retryKeyOf(params)) ?? [];
    const at = calls.findIndex(
      ({ call, values }) => call.isTraceOpen && hasSameItems(values, params.values),
    );
    return at < 0 ? undefined : calls.splice(at, 1)[0]?.call;
  }
}

/** An object that the SDK passes again for each retry of a call, and for no call but its own. */
function retryKeyOf({ prompt, values, documents, headers, ...others }: JsonObject): object {
  // `embed` makes an array of values for each attempt, but one object of headers for the whole operation.
  const own = AI_SDK.test(headerOf(headers, 'user-agent') ?? '') ? headers : undefined;
  const candidates = [prompt, documents, own, values, headers];
  return (
    candidates.find((each): each is object => typeof each === 'object' && each !== null) ?? others
  );
}

/** Whether two arrays of values are the same. An operation has several requests, with different values. */
function hasSameItems(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((each, i) => each === b[i]);
}
