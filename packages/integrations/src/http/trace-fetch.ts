/** A fetch that records requests to models as steps, and otherwise behaves as the fetch that it wraps. */

import {
  type AnnouncedRequest,
  announcedRequest,
  isUntraced,
  runGuarded,
} from '@openlayer-tracing/core/integration';
import { isTraced } from '../common/hooks/traced.js';
import { type JsonObject, stringOrUndefined } from '../common/json.js';
import { isStreamType } from './body/response-body.js';
import { attemptKeyOf, CallsByHeaders } from './calls/calls-by-headers.js';
import { FetchedResult } from './calls/fetched-result.js';
import { HttpCall } from './calls/http-call.js';
import type { RequestSignals } from './calls/interruption.js';
import { currentMethodCall, type MethodCall } from './calls/method-call.js';
import { MAX_BACKOFF_MS } from './calls/retry-policy.js';
import type { ClientProfile } from './exchange/client-profile.js';
import type { AnyFetch } from './exchange/fetch-types.js';
import { contentTypeIn, headerOf } from './exchange/headers.js';
import { observedFetch } from './observed-fetch.js';
import { passAnnounced } from './pass-announced.js';
import {
  isLong,
  methodOf,
  paramsOf,
  readRequest,
  signalOf,
  urlOf,
} from './request/read-request.js';
import { mayNeedBody, shapeOf } from './request/recognize.js';
import { isObservable, observedResponse } from './response/observed-response.js';
import { requestingUsage, UsageRemoval } from './response/stream-usage.js';
import { isRecordedByOuterFetch, SentRequest } from './sent-request.js';
import { type FetchArguments, wrapFetch } from './wrap-fetch.js';

/**
 * Wraps `fetch` so that each request that one of the profile's shapes matches becomes a step, with its attempts and its
 * response. Other requests, errors and responses pass unchanged. A fetch that is traced already is returned as it is.
 */
export function traceFetch<F extends AnyFetch>(fetch: F, profile: ClientProfile): F {
  if (isTraced(fetch)) return fetch;
  const retried = new CallsByHeaders();
  const needsBody = (url: URL) => mayNeedBody(profile, url);
  return wrapFetch<F>(needsBody, function send(args, params) {
    const attempt = runGuarded('request', () => startAttempt(profile, retried, args, params));
    if (attempt === undefined) return fetch.apply(this, args);
    if (attempt instanceof FetchedResult) {
      return Promise.resolve(fetch.apply(this, args)).then((response) =>
        observedResult(attempt, response),
      );
    }
    if (!(attempt instanceof Attempt)) {
      return passAnnounced(
        attempt,
        new SentRequest(args, params).run(() => fetch.apply(this, args)),
      );
    }
    const request = new SentRequest(attempt.args, params);
    return observedFetch(attempt, request, () => fetch.apply(this, attempt.args));
  });
}

/** @returns undefined if nothing is recorded of the request here */
function startAttempt(
  profile: ClientProfile,
  retried: CallsByHeaders,
  args: FetchArguments,
  paramsOfRequest: JsonObject | undefined,
): Attempt | FetchedResult | AnnouncedRequest | undefined {
  if (isUntraced()) return undefined;
  const [input, init] = args;
  const method = methodOf(input, init);
  const url = urlOf(input);
  if (url === undefined) return undefined;
  if (isRecordedByOuterFetch(input, init, () => paramsOf(init?.body) ?? paramsOfRequest))
    return undefined;
  if (method !== 'POST') {
    const result = FetchedResult.forUrl(profile, method, url);
    // A result that a framework fetches within its own step is recorded there.
    return result && (announcedRequest(undefined, undefined) ?? result);
  }
  if (isLong(init?.body) && !mayNeedBody(profile, url)) return undefined;
  const methodCall = currentMethodCall();
  const request = readRequest(url, init?.body, paramsOfRequest ?? methodCall?.params);
  const key = methodCall === undefined ? attemptKeyOf(input, init) : undefined;
  let call = methodCall === undefined ? key && retried.take(key) : methodCall.retriedBy(request);
  if (call === undefined) {
    const announced = announcedRequest(stringOrUndefined(request.params.model), request.params);
    if (announced !== undefined) return announced;
    const result = FetchedResult.forRequest(profile, request);
    if (result !== undefined) return result;
    const shape = shapeOf(profile, request);
    if (shape === undefined) return undefined;
    call = HttpCall.start(profile, shape, request);
    if (call === undefined) return undefined;
  }
  if (call.isInterrupted) return undefined;
  methodCall?.recordAs(call);
  call.startAttempt();
  const changedInit = requestingUsage(profile, request, init);
  const started = call;
  const signal = signalOf(input, init);
  return new Attempt(started, {
    args: changedInit === undefined ? args : [input, changedInit],
    hasRetriesLeft: methodCall?.countAttempt(init?.headers) ?? key?.hasRetriesLeft ?? false,
    maxBackoffMs: methodCall?.maxBackoffMs ?? MAX_BACKOFF_MS,
    methodCall,
    hidesUsage: changedInit !== undefined,
    signals: signalsOf(profile, args, methodCall),
    onFailure: () => {
      if (key !== undefined) retried.add(started, key);
      methodCall?.endOnAbort(signal);
    },
  });
}

/** What may interrupt the request. */
function signalsOf(
  { ownTimeout }: ClientProfile,
  [input, init]: FetchArguments,
  methodCall: MethodCall | undefined,
): RequestSignals {
  const statedSeconds = Number(headerOf(init?.headers, 'x-stainless-timeout'));
  return {
    request: signalOf(input, init),
    // The app's signal is known once the client has read the options of the call.
    get app() {
      return methodCall?.signal;
    },
    ownTimeout: methodCall && ownTimeout,
    // The header leaves out what is less than a second.
    statedTimeoutMs: statedSeconds >= 1 ? statedSeconds * 1000 : undefined,
  };
}

interface AttemptRequest {
  /** The arguments for the wrapped fetch. */
  readonly args: FetchArguments;
  /** Whether the client has retries left if this attempt fails. */
  readonly hasRetriesLeft: boolean;
  /** The longest wait of the client's backoff. */
  readonly maxBackoffMs: number;
  /** The call of a traced client; undefined if the fetch alone is traced. */
  readonly methodCall: MethodCall | undefined;
  /** Whether the response's stream has token counts that the app did not request, and must not see. */
  readonly hidesUsage: boolean;
  readonly signals: RequestSignals;
  /** Called when the attempt failed: no response, or one with a status of 400 or above. */
  readonly onFailure: () => void;
}

/** One request of a call. Its methods never throw. */
class Attempt {
  readonly #call: HttpCall;
  readonly #request: AttemptRequest;

  constructor(call: HttpCall, request: AttemptRequest) {
    this.#call = call;
    this.#request = request;
  }

  get args(): FetchArguments {
    return this.#request.args;
  }

  /** Undefined if the client does not retry. The app may have aborted the call since the request was sent. */
  get #maxBackoffMs(): number | undefined {
    const { hasRetriesLeft, methodCall, maxBackoffMs } = this.#request;
    return hasRetriesLeft && methodCall?.isAborted !== true ? maxBackoffMs : undefined;
  }

  fail(error: unknown): void {
    runGuarded('failure', () => {
      const { methodCall, signals, onFailure } = this.#request;
      const isRetried = methodCall?.retriesFailures !== false;
      const maxBackoffMs = isRetried ? this.#maxBackoffMs : undefined;
      this.#call.failAttempt(error, { maxBackoffMs, signals });
      onFailure();
    });
  }

  /** The response itself, or a copy of it whose body is observed. */
  observe(response: unknown): unknown {
    return runGuarded('response', () => this.#observed(response as Response)) ?? response;
  }

  #observed(response: Response): unknown {
    const { status, headers } = response;
    const { hidesUsage, signals, onFailure } = this.#request;
    const maxBackoffMs = this.#maxBackoffMs;
    const isUnobservable = !isObservable(response);
    const head = { status, headers, isUnobservable, maxBackoffMs, signals };
    const observer = this.#call.observeBody(head);
    if (status >= 400) onFailure();
    const isStream = status < 400 && isStreamType(contentTypeIn(headers));
    return observedResponse(
      response,
      observer,
      hidesUsage && isStream ? new UsageRemoval() : undefined,
    );
  }
}

/** The response that may hold a result, or a copy of it whose body is observed. Never throws. */
function observedResult(result: FetchedResult, response: unknown): unknown {
  const observed = runGuarded('response', () => {
    const { status, headers } = response as Response;
    const observer = result.observeBody({ status, headers });
    return observer === undefined ? response : observedResponse(response as Response, observer);
  });
  return observed ?? response;
}
