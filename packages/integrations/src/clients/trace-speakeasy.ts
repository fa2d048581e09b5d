/** Traces clients that Speakeasy generates: Mistral's, and a part of Google's. They have HTTP clients and hooks of their own. */

import { inClientCall, processWide } from '@openlayer-tracing/core/integration';
import { replaceMethod } from '../common/hooks/replace-method.js';
import { isTraced, markTraced } from '../common/hooks/traced.js';
import { type JsonObject, objectOrEmpty } from '../common/json.js';
import { MethodCall } from '../http/calls/method-call.js';
import type { ClientProfile } from '../http/exchange/client-profile.js';
import { traceFetch } from '../http/trace-fetch.js';
import { partsOf } from './client-parts.js';

/** The part of such a client's HTTP client that is used. */
interface HttpClient {
  request(request: Request): Promise<Response>;
  clone(): HttpClient;
}

/** The options of such a client, which its parts share. */
interface SharedOptions {
  httpClient?: HttpClient;
  http_client?: HttpClient;
  readonly hooks: {
    registerBeforeRequestHook(hook: {
      beforeRequest(context: object, request: Request): Request;
    }): void;
  };
}

/** A client, or a part of one. Both send requests, and create parts with their options. */
export interface SpeakeasyClient {
  readonly _options: SharedOptions;
  _httpClient?: HttpClient;
}

/** The depth of the deepest part of a client: `client.beta.libraries.documents`. */
const MAX_DEPTH = 4;

/** Whether the client has the hooks of clients that Speakeasy generates. */
export function isSpeakeasy(client: unknown): client is SpeakeasyClient {
  return (
    typeof objectOrEmpty(objectOrEmpty(objectOrEmpty(client)._options).hooks)
      .registerBeforeRequestHook === 'function'
  );
}

/**
 * Traces the requests of the client and of the parts that it has created already.
 * @param key the name of the option that holds the HTTP client
 */
export function traceSpeakeasy(
  client: SpeakeasyClient,
  profile: ClientProfile,
  key: 'httpClient' | 'http_client',
): void {
  const { hooks } = client._options;
  const callOf = isTraced(hooks) ? undefined : registerCallHook(hooks);
  if (callOf !== undefined) calls.set(hooks, callOf);
  const [, ...parts] = partsOf(client, isSpeakeasy, MAX_DEPTH);
  if (parts.length > 0) traceSharedHttpClient(client._options, profile, key);
  for (const part of [client, ...parts]) tracePart(part, profile, key);
}

/** Whether the client has created a part whose HTTP client cannot be replaced. */
export function hasUnreachableParts(client: SpeakeasyClient): boolean {
  const [, ...parts] = partsOf(client, isSpeakeasy, MAX_DEPTH);
  const isReached = ({ _options: { hooks, httpClient }, _httpClient }: SpeakeasyClient) =>
    (httpClient ?? _httpClient) !== undefined || isTraced(hooks);
  return !parts.every(isReached);
}

/**
 * Traces the HTTP client itself, because existing parts may hold it in private fields. Requests of other clients that share it
 * pass unrecorded.
 */
function traceSharedHttpClient(
  { hooks, ...options }: SharedOptions,
  profile: ClientProfile,
  key: 'httpClient' | 'http_client',
): void {
  const httpClient = options[key];
  if (httpClient === undefined || isTraced(httpClient) || Object.isFrozen(httpClient)) return;
  markTraced(httpClient);
  replaceMethod(httpClient, 'request', (request) => {
    return function tracedRequest(this: HttpClient, sent) {
      const methodCall = calls.get(hooks)?.(sent);
      if (methodCall === undefined) return request.call(this, sent);
      const send = traceFetch((outgoing: Request) => request.call(this, outgoing), profile);
      return inClientCall(methodCall, () => send(sent));
    };
  });
}

type CallOf = (request: Request) => MethodCall | undefined;

/** Finds the call of a request, by the hooks that a client shares with its parts. All copies of this package use it. */
const calls = processWide('integrations.speakeasy-calls.v1', () => new WeakMap<object, CallOf>());

function tracePart(
  part: SpeakeasyClient,
  profile: ClientProfile,
  key: 'httpClient' | 'http_client',
): void {
  const { _options: options } = part;
  const httpClient = part._httpClient ?? options[key] ?? DEFAULT_HTTP_CLIENT;
  const tracedClient = isTraced(httpClient)
    ? httpClient
    : tracedHttpClient(httpClient, profile, options.hooks);
  if (markTraced(options)) {
    options[key] = tracedClient;
  }
  if (part._httpClient !== undefined && !Object.isFrozen(part)) part._httpClient = tracedClient;
}

/** An HTTP client that traces the requests of the app's, which is not changed. */
function tracedHttpClient(
  httpClient: HttpClient,
  profile: ClientProfile,
  hooks: object,
): HttpClient {
  const request = traceFetch((sent: Request) => httpClient.request(sent), profile);
  const tracedClient = Object.create(httpClient) as HttpClient;
  tracedClient.request = (sent) => {
    const methodCall = calls.get(hooks)?.(sent);
    return methodCall === undefined ? request(sent) : inClientCall(methodCall, () => request(sent));
  };
  markTraced(tracedClient);
  return tracedClient;
}

/** Registers a hook that assigns requests to calls: all attempts of one call have the same hook context. */
function registerCallHook(hooks: SharedOptions['hooks']): CallOf {
  markTraced(hooks);
  const callOfContext = new WeakMap<object, MethodCall>();
  const callOf = new WeakMap<Request, MethodCall>();
  hooks.registerBeforeRequestHook({
    beforeRequest(context, request) {
      let methodCall = callOfContext.get(context);
      if (methodCall === undefined) {
        methodCall = new MethodCall({
          maxRetries: retriesIn(context),
          maxBackoffMs: longestWaitIn(context),
        });
        callOfContext.set(context, methodCall);
      }
      callOf.set(request, methodCall);
      return request;
    },
  });
  return (request) => callOf.get(request);
}

/** The longest wait of such a client, if the options state no other. */
const DEFAULT_MAX_INTERVAL_MS = 60_000;

/** The longest wait before a retry, which also limits what a response states. */
function longestWaitIn(context: object): number {
  const { backoff, maxInterval = objectOrEmpty(backoff).maxInterval } = retryConfigIn(context);
  return typeof maxInterval === 'number' ? maxInterval : DEFAULT_MAX_INTERVAL_MS;
}

function retryConfigIn(context: object): JsonObject {
  const { retryConfig, retry_config } = objectOrEmpty(context);
  return objectOrEmpty(retryConfig ?? retry_config);
}

function retriesIn(context: object): number {
  const { strategy, maxRetries } = retryConfigIn(context);
  if (strategy === 'backoff') return Number.POSITIVE_INFINITY;
  if (strategy !== 'attempt-count-backoff') return 0;
  return typeof maxRetries === 'number' ? maxRetries : Number.POSITIVE_INFINITY;
}

/** What such a client uses if its options have no HTTP client. */
const DEFAULT_HTTP_CLIENT: HttpClient = {
  request: (request) => fetch(request),
  clone: () => DEFAULT_HTTP_CLIENT,
};
