/** A fetch that records its exchanges with models, and does to all of them what the one below it does. */

import {
  currentClientCall,
  type ExpectedExchange,
  expectedExchange,
  isNodeBody,
  isUntraced,
  reportFailure,
  tapNodeBody,
  tapStream,
  untraced,
} from '@openlayer-tracing/core/integration';
import { type Json, text } from '../common/json.js';
import { traced } from '../common/traced.js';
import { withBody, withChangedNodeBody } from './changed-response.js';
import { ClientCall } from './client-call.js';
import type { Door } from './door.js';
import type { AnyFetch, FetchInit, FetchInput } from './fetch.js';
import { ModelCall } from './model-call.js';
import { bodyOfRequest, isRequest, readRequest } from './read-request.js';
import { askingForUsage, UsageHidden } from './stream-usage.js';

export function traceFetch<F extends AnyFetch>(fetch: F, door: Door): F {
  if (traced.has(fetch)) return fetch;
  function tracedFetch(this: unknown, ...args: [FetchInput, FetchInit?]): Promise<unknown> {
    const [input, init] = args;
    const body = isRequest(input) && init?.body === undefined ? bodyOfRequest(input) : undefined;
    if (body === undefined) return exchange.call(this, args, undefined);
    return body.then((known) => exchange.call(this, args, known));
  }
  function exchange(
    this: unknown,
    args: [FetchInput, FetchInit?],
    known: Json | undefined,
  ): Promise<unknown> {
    const attempt = beginTry(door, args, known);
    if (attempt === undefined) return fetch.apply(this, args);
    if (!(attempt instanceof Try))
      return passedBy(
        attempt,
        untraced(() => fetch.apply(this, args)),
      );
    let answer: Promise<unknown>;
    try {
      // What is below us may be traced as well.
      answer = untraced(() => fetch.apply(this, attempt.args));
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

/** An exchange that a framework records. It may try again, which is the same call. */
function passedBy(expected: ExpectedExchange, answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    (response) => {
      if ((response as Response | undefined)?.ok === false) expected.giveBack();
      return response;
    },
    (error: unknown) => {
      expected.giveBack();
      throw error;
    },
  );
}

/** Undefined where the request is to go on as it is. Never throws. */
function beginTry(
  door: Door,
  args: [FetchInput, FetchInit?],
  known: Json | undefined,
): Try | ExpectedExchange | undefined {
  try {
    if (isUntraced()) return undefined;
    const [input, init] = args;
    const owner = currentClientCall();
    const client = owner instanceof ClientCall ? owner : undefined;
    const request = readRequest(input, init, known ?? client?.params);
    if (request === undefined) return undefined;
    let call = client?.call;
    if (call === undefined) {
      const expected = expectedExchange(text(request.params.model), request.params);
      if (expected !== undefined) return expected;
      call = ModelCall.begin(door, request);
      if (call === undefined) return undefined;
    }
    if (client !== undefined) client.call = call;
    call.tryBegins();
    const changed = askingForUsage(door, request, init);
    const hasTriesLeft = client?.tries(init?.headers) ?? false;
    const sent: [FetchInput, FetchInit?] = changed === undefined ? args : [input, changed];
    return new Try(call, hasTriesLeft, sent, changed !== undefined);
  } catch (error) {
    reportFailure('request', error);
    return undefined;
  }
}

/** One exchange of a call. Its methods never throw. */
class Try {
  /** What the fetch below is called with. */
  readonly args: [FetchInput, FetchInit?];
  readonly #call: ModelCall;
  readonly #hasTriesLeft: boolean;
  readonly #hidesUsage: boolean;

  constructor(
    call: ModelCall,
    hasTriesLeft: boolean,
    args: [FetchInput, FetchInit?],
    hidesUsage: boolean,
  ) {
    this.#call = call;
    this.#hasTriesLeft = hasTriesLeft;
    this.args = args;
    this.#hidesUsage = hidesUsage;
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
      const change = this.#hidesUsage && status < 400 ? new UsageHidden() : undefined;
      if (isNodeBody(body)) {
        tapNodeBody(body, observer);
        return change === undefined ? response : withChangedNodeBody(response as never, change);
      }
      return withBody(response as Response, tapStream(body, observer, response as object, change));
    } catch (failure) {
      reportFailure('answer', failure);
      return response;
    }
  }
}
