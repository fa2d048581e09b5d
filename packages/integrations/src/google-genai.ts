/** The entry point for Google's client of the Gemini API and of Vertex AI. */

import { inClientCall, isUntraced, reportUnrecorded } from '@openlayer-tracing/core/integration';
import { isSpeakeasy, traceSpeakeasy } from './clients/trace-speakeasy.js';
import { assertChangeable, replaceMethod } from './common/hooks/replace-method.js';
import { isTraced, markTraced } from './common/hooks/traced.js';
import { whenFulfilled, whenSettled } from './common/hooks/when-fulfilled.js';
import { whenLeft } from './common/hooks/when-left.js';
import { objectOrEmpty } from './common/json.js';
import { CALL_OPTIONS, type CallOptions, checkOptions } from './common/options.js';
import { MethodCall } from './http/calls/method-call.js';
import type { ClientProfile } from './http/exchange/client-profile.js';
import type { AnyFetch } from './http/exchange/fetch-types.js';
import { traceFetch } from './http/trace-fetch.js';
import { geminiRetrievals } from './shapes/gemini/retrievals.js';
import { GEMINI_UNREPORTED, geminiClientShapes } from './shapes/gemini.js';

export type { ContentPart } from './common/options.js';

export interface GoogleGenAIOptions extends CallOptions {}

/** The part that sends the requests of all modules of the client. */
interface ApiClient {
  /** Sends one request, with all retries. */
  apiCall(
    url: unknown,
    init: unknown,
    retryOptions: unknown,
    timeout: unknown,
    signal: unknown,
    fetch?: AnyFetch,
    ...rest: unknown[]
  ): Promise<object>;
  /** Returns a generator of the events in the body of a response. */
  processStreamResponse?(response: object, ...rest: unknown[]): unknown;
}

const DEFAULT_ATTEMPTS = 5;

/**
 * Makes a Google GenAI client record each of its calls as a step of the current trace; outside a trace, as a trace of its own. The client
 * itself is changed, and behaves as before.
 *
 * @example
 * const ai = traceGoogleGenAI(new GoogleGenAI({}));
 *
 * @returns the same client
 * @throws TypeError if the argument is no such client or is frozen, or an option is wrong
 */
export function traceGoogleGenAI<Client extends object>(
  client: Client,
  options: GoogleGenAIOptions = {},
): Client {
  checkOptions('traceGoogleGenAI', options, CALL_OPTIONS);
  const { apiClient } = (client ?? {}) as { apiClient?: Partial<ApiClient> };
  if (typeof apiClient?.apiCall !== 'function') {
    throw new TypeError(
      'traceGoogleGenAI(client) takes a client, such as traceGoogleGenAI(new GoogleGenAI({}))',
    );
  }
  if (isTraced(apiClient)) return client;
  assertChangeable('traceGoogleGenAI', 'client', apiClient, 'apiCall');
  markTraced(apiClient);
  const profile: ClientProfile = {
    client: 'Gemini',
    provider: 'google',
    shapes: geminiClientShapes,
    retrievals: geminiRetrievals,
    unreportedPaths: GEMINI_UNREPORTED,
    isForAnyHost: false,
    ownTimeout: { endsStreams: true },
    options,
  };
  const defaultFetch = traceFetch<AnyFetch>(
    (input, init) => globalThis.fetch(input, init),
    profile,
  );
  /** The calls of responses. */
  const calls = new WeakMap<object, MethodCall>();
  // With a fetch in its options, the client would not use its dispatcher, which allows slow responses.
  replaceMethod(apiClient as ApiClient, 'apiCall', (apiCall) => {
    return function tracedApiCall(this: ApiClient, url, init, retryOptions, ...rest) {
      const [timeout, signal, ownFetch, ...others] = rest;
      const fetch = ownFetch === undefined ? defaultFetch : traceFetch(ownFetch, profile);
      const run = () =>
        apiCall.call(this, url, init, retryOptions, timeout, signal, fetch, ...others);
      if (isUntraced()) return run();
      const maxRetries = retriesIn(retryOptions);
      const methodCall = new MethodCall({ maxRetries, maxBackoffMs: Number.POSITIVE_INFINITY });
      methodCall.setOptions({ signal });
      const response = inClientCall(methodCall, run);
      whenSettled(response, () => methodCall.stopRetrying());
      whenFulfilled(response, (received) => calls.set(received, methodCall));
      return response;
    };
  });
  // The client does not cancel the body of a stream that the app leaves.
  replaceMethod(apiClient as ApiClient, 'processStreamResponse', (processStreamResponse) => {
    return function tracedProcessStreamResponse(this: ApiClient, response, ...rest) {
      const events = processStreamResponse.call(this, response, ...rest);
      const methodCall = calls.get(response);
      if (methodCall !== undefined) whenLeft(events, () => methodCall.leave());
      return events;
    };
  });
  for (const part of PARTS) traceWhenCreated(client, part, profile);
  reportSessions(client);
  return client;
}

/** Parts that the client creates at their first use, each with an HTTP client of its own. */
const PARTS = ['_interactions', '_agents', '_triggers', '_environments', '_voices'];

/** Such a part. */
interface Part {
  /** Returns the client that sends the requests of the part. */
  getClient(apiVersion?: unknown): unknown;
}

/** Traces a part when the client creates it, or at once if it exists. */
function traceWhenCreated(client: object, name: string, profile: ClientProfile): void {
  let part: unknown = Reflect.get(client, name);
  tracePart(part, profile);
  // A frozen client cannot create such parts.
  if (part !== undefined || !Object.isExtensible(client)) return;
  Object.defineProperty(client, name, {
    get: () => part,
    set(created: unknown) {
      part = created;
      tracePart(part, profile);
    },
    enumerable: Object.getOwnPropertyDescriptor(client, name)?.enumerable ?? false,
    configurable: true,
  });
}

function tracePart(part: unknown, profile: ClientProfile): void {
  if (typeof part !== 'object' || part === null || isTraced(part)) return;
  if (typeof (part as Partial<Part>).getClient !== 'function') return;
  markTraced(part);
  replaceMethod(part as Part, 'getClient', (getClient) => {
    return function tracedGetClient(this: Part, ...args) {
      const sdk = getClient.apply(this, args);
      if (isSpeakeasy(sdk)) traceSpeakeasy(sdk, profile, 'http_client');
      return sdk;
    };
  });
}

/** A session sends its messages by a WebSocket, which is not recorded. */
interface Session {
  connect(...args: unknown[]): unknown;
}

function reportSessions(client: object): void {
  const { live } = client as { live?: Partial<Session> & { music?: Partial<Session> } };
  for (const [name, session] of Object.entries({ live, 'live.music': live?.music })) {
    if (typeof session?.connect !== 'function' || Object.isFrozen(session)) continue;
    replaceMethod(session as Session, 'connect', (connect) => {
      return function tracedConnect(this: Session, ...args) {
        if (!isUntraced()) reportUnrecorded(`${name}.connect`);
        return connect.apply(this, args);
      };
    });
  }
}

function retriesIn(options: unknown): number {
  if (options === undefined || options === null) return 0;
  const { attempts } = objectOrEmpty(options);
  return (typeof attempts === 'number' ? attempts : DEFAULT_ATTEMPTS) - 1;
}
