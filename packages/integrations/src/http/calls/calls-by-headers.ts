/** Recognises retries, for a fetch that receives requests and does not know which call of the client each belongs to. */

import { currentStep } from '@openlayer-tracing/core/integration';
import { forgetOldest } from '../../common/calls/forget-oldest.js';
import type { FetchInit, FetchInput } from '../exchange/fetch-types.js';
import { headerOf } from '../exchange/headers.js';
import { isRequest, urlOf } from '../request/read-request.js';
import type { HttpCall } from './http-call.js';
import { DEFAULT_RETRIES } from './retry-policy.js';

/** Identifies the call that a request is an attempt of. */
export interface AttemptKey {
  /** The same for all attempts of a call. */
  readonly key: string;
  /** The number of earlier attempts; undefined if the key alone identifies the call. */
  readonly attemptsBefore: number | undefined;
  /** Whether the client has retries left if this attempt fails. */
  readonly hasRetriesLeft: boolean;
  /** The current step, which is the same for all attempts of a call. */
  readonly step: unknown;
}

/**
 * The key of a request, by the headers that the clients of OpenAI, Anthropic, Groq, Together and AWS send, or by an
 * `idempotency-key`.
 * @returns undefined if the request has none of these headers, as those of most clients
 */
export function attemptKeyOf(
  input: FetchInput,
  init: FetchInit | undefined,
): AttemptKey | undefined {
  const headers = init?.headers ?? (isRequest(input) ? input.headers : undefined);
  const address = urlOf(input)?.href;
  const step = currentStep();
  const invocation = headerOf(headers, 'amz-sdk-invocation-id');
  if (invocation !== undefined) {
    // `attempt=1; max=3`
    const [, attempt = '1', max = '3'] =
      /attempt=(\d+)(?:; max=(\d+))?/.exec(headerOf(headers, 'amz-sdk-request') ?? '') ?? [];
    return {
      key: `aws ${invocation}`,
      attemptsBefore: undefined,
      hasRetriesLeft: Number(attempt) < Number(max),
      step,
    };
  }
  const idempotency = headerOf(headers, 'idempotency-key');
  const retries = Number(headerOf(headers, 'x-stainless-retry-count') ?? Number.NaN);
  const hasRetriesLeft = !(retries >= DEFAULT_RETRIES);
  if (idempotency !== undefined) {
    return { key: `${address} ${idempotency}`, attemptsBefore: undefined, hasRetriesLeft, step };
  }
  if (!(retries >= 0) || typeof init?.body !== 'string') return undefined;
  return { key: `${address} ${init.body}`, attemptsBefore: retries, hasRetriesLeft, step };
}

interface FailedCall {
  readonly call: HttpCall;
  readonly failedKey: AttemptKey;
}

/** Above this number the oldest call is forgotten. */
const MAX_FAILED = 256;

/** Calls whose last attempt failed, and which their clients may retry. */
export class CallsByHeaders {
  readonly #failed = new Set<FailedCall>();

  /** Remembers a call whose attempt failed. */
  add(call: HttpCall, failedKey: AttemptKey): void {
    for (const each of this.#failed) {
      if (!each.call.isTraceOpen || each.call === call) this.#failed.delete(each);
    }
    this.#failed.add({ call, failedKey });
    forgetOldest(this.#failed, MAX_FAILED);
  }

  /** Removes and returns the call that a request retries; undefined for the first attempt of a call. */
  take({ key, attemptsBefore, step }: AttemptKey): HttpCall | undefined {
    if (this.#failed.size === 0 || attemptsBefore === 0) return undefined;
    for (const failed of this.#failed) {
      const { call, failedKey } = failed;
      if (failedKey.key !== key || failedKey.step !== step || !call.isTraceOpen) continue;
      if (attemptsBefore !== undefined && attemptsBefore !== call.attempts) continue;
      this.#failed.delete(failed);
      return call;
    }
    return undefined;
  }
}
