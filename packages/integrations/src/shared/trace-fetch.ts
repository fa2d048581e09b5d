/** A fetch that records its exchanges with models, and does to all of them what the one below it does. */

import {
  currentClientCall,
  isNodeBody,
  isUntraced,
  reportFailure,
  tapNodeBody,
  tapStream,
  untraced,
} from '@openlayer-tracing/core/integration';
import { ClientCall } from './client-call.js';
import type { Door } from './door.js';
import type { AnyFetch, FetchInit, FetchInput } from './fetch.js';
import { ModelCall } from './model-call.js';
import { readRequest } from './read-request.js';

const traced = new WeakSet<AnyFetch>();

export function traceFetch<F extends AnyFetch>(fetch: F, door: Door): F {
  if (traced.has(fetch)) return fetch;
  function tracedFetch(this: unknown, ...args: [FetchInput, FetchInit?]): Promise<unknown> {
    const attempt = beginTry(door, args[0], args[1]);
    if (attempt === undefined) return fetch.apply(this, args);
    let answer: Promise<unknown>;
    try {
      // What is below us may be traced as well.
      answer = untraced(() => fetch.apply(this, args));
    } catch (error) {
      attempt.failed(error);
      throw error;
    }
    return answer.then(
      (response) => attempt.answered(response),
      (error: unknown) => {
        attempt.failed(error);
        throw error;
      },
    );
  }
  traced.add(tracedFetch);
  // It takes and returns what the one below it does.
  return tracedFetch as unknown as F;
}

/** Undefined where the request is to go on as it is. Never throws. */
function beginTry(door: Door, input: FetchInput, init: FetchInit | undefined): Try | undefined {
  try {
    if (isUntraced()) return undefined;
    const owner = currentClientCall();
    const client = owner instanceof ClientCall ? owner : undefined;
    const request = readRequest(input, init, client?.params);
    if (request === undefined) return undefined;
    const call = client?.call ?? ModelCall.begin(door, request);
    if (call === undefined) return undefined;
    if (client !== undefined) client.call = call;
    call.tryBegins();
    return new Try(call, client?.tries(init?.headers) ?? false);
  } catch (error) {
    reportFailure('request', error);
    return undefined;
  }
}

/** One exchange of a call. Its methods never throw. */
class Try {
  readonly #call: ModelCall;
  readonly #hasTriesLeft: boolean;

  constructor(call: ModelCall, hasTriesLeft: boolean) {
    this.#call = call;
    this.#hasTriesLeft = hasTriesLeft;
  }

  failed(error: unknown): void {
    try {
      this.#call.tryFailed(error, this.#hasTriesLeft);
    } catch (failure) {
      reportFailure('failure', failure);
    }
  }

  /** The response itself, or one that differs in nothing but that its body is seen. */
  answered(response: unknown): unknown {
    try {
      const { body, status, headers } = response as Response;
      const observer = this.#call.answered({ status, headers }, this.#hasTriesLeft);
      if (body === null || body === undefined) {
        observer.ended();
        return response;
      }
      if (isNodeBody(body)) {
        tapNodeBody(body, observer);
        return response;
      }
      return withBody(response as Response, tapStream(body, observer, response as object));
    } catch (failure) {
      reportFailure('answer', failure);
      return response;
    }
  }
}

function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const { status, statusText, headers, url, redirected, type } = response;
  const copy = new Response(body, { status, statusText, headers });
  // What no constructor takes.
  for (const [key, value] of Object.entries({ url, redirected, type })) {
    Object.defineProperty(copy, key, { value, configurable: true });
  }
  return copy;
}
