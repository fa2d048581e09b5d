/** Traces clients that Stainless generates: those of OpenAI, Anthropic, Groq and Together. */

import {
  inClientCall,
  isUntraced,
  reportUnrecorded,
  runGuarded,
} from '@openlayer-tracing/core/integration';
import { frozenError, replaceMethod } from '../common/hooks/replace-method.js';
import { isTraced, markTraced } from '../common/hooks/traced.js';
import { whenFulfilled } from '../common/hooks/when-fulfilled.js';
import {
  isJsonObject,
  isObject,
  isPlainObject,
  type JsonObject,
  objectOrEmpty,
} from '../common/json.js';
import { currentMethodCall, MethodCall } from '../http/calls/method-call.js';
import type { ClientProfile, OwnTimeout } from '../http/exchange/client-profile.js';
import type { AnyFetch } from '../http/exchange/fetch-types.js';
import { BILLED_SOCKET, reportSockets } from '../http/report-requests.js';
import { pathPattern } from '../http/request/recognize.js';
import { traceFetch } from '../http/trace-fetch.js';

/** The part of such a client that is used. Some of it is private in the client's own types. */
interface StainlessClient {
  fetch: AnyFetch;
  request(options: unknown, ...rest: unknown[]): unknown;
  withOptions?(...args: unknown[]): StainlessClient;
  buildURL?(...args: unknown[]): unknown;
  readonly maxRetries?: unknown;
  /** What all requests of the client pass to fetch. */
  readonly fetchOptions?: unknown;
}

/** The options of one request of such a client. */
interface RequestOptions {
  readonly body?: unknown;
  readonly maxRetries?: unknown;
  readonly signal?: unknown;
  readonly fetchOptions?: unknown;
  /** Version 4 of OpenAI's client keeps the model beside the body of a form. */
  readonly __metadata?: unknown;
}

/**
 * Replaces the client's fetch by one that records its requests. What the client returns is not changed. If another library
 * wrapped, proxied or copied the client, the inner client that sends the requests is traced.
 * @param outer the client that the app passed, or what another library made of it
 * @param name the function that the app called, for the messages of errors
 * @throws TypeError if it is no such client, or cannot be changed
 */
export function traceStainless(outer: object, profile: ClientProfile, name: string): void {
  const clients = clientsBelow(outer);
  if (clients.length === 0) {
    throw new TypeError(`${name}(client) takes a client, such as ${name}(new ${profile.client}())`);
  }
  if (clients.some((client) => !isTraced(client) && !mayBeTraced(client))) {
    throw frozenError(name, 'client');
  }
  if (clients.some(hasOwnTransport)) {
    throw new TypeError(
      `${name}(client) cannot trace a client with an X.509 credential, which sends its requests by a transport of its own: record its calls with step() instead`,
    );
  }
  for (const client of clients) traceClientOnce(client, profile);
  // A proxy returns the fetch of the inner client, which is traced by now; a copy has a fetch of its own.
  if (
    sendsRequests(outer) &&
    mayBeTraced(outer) &&
    !isTraced(dataProperty(outer, 'fetch') as object)
  ) {
    traceClientOnce(outer as StainlessClient, profile);
  }
}

/** These clients end a request by their own timeout before the head of its response; OpenAI's client since version 7 also later. */
const OWN_TIMEOUT: OwnTimeout = {
  endsStreams: false,
  error: { name: 'APIConnectionTimeoutError', message: 'Request timed out.' },
};

function traceClientOnce(client: StainlessClient, profile: ClientProfile): void {
  if (!markTraced(client)) return;
  replaceMethods(client, { ...profile, ownTimeout: OWN_TIMEOUT });
}

/**
 * The clients that send the requests of the resources of `outer`: `outer` itself, or the client that it wraps. Only data
 * properties are read, because getters of wrappers return wrapped objects.
 */
function clientsBelow(outer: unknown): StainlessClient[] {
  if (!isObject(outer)) return [];
  const found = new Set<object>();
  for (const resource of dataObjectsOf(outer).flatMap((value) => [
    value,
    ...dataObjectsOf(value),
  ])) {
    const client = dataProperty(resource, '_client');
    if (isObject(client) && typeof dataProperty(client, 'fetch') === 'function') found.add(client);
  }
  if (found.size === 0 && typeof dataProperty(outer, 'fetch') === 'function') found.add(outer);
  return [...found] as StainlessClient[];
}

function sendsRequests(client: object): boolean {
  return typeof dataProperty(client, 'request') === 'function' && Object.hasOwn(client, 'fetch');
}

/** The values of the object's data properties, own and inherited, that are objects. */
function dataObjectsOf(object: object): object[] {
  const values: object[] = [];
  for (let at: object | null = object; at !== null && at !== Object.prototype; ) {
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(at))) {
      if (isObject(value)) values.push(value);
    }
    at = Object.getPrototypeOf(at);
  }
  return values;
}

/** The value of a data property. No getter runs. */
function dataProperty(object: object, key: string): unknown {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, key);
    if (descriptor !== undefined) return descriptor.value;
  }
  return undefined;
}

/** With an X.509 credential, OpenAI's client does not call its `fetch` property. */
function hasOwnTransport(client: object): boolean {
  const authentication = dataProperty(client, '_workloadIdentityAuth');
  return (
    isObject(authentication) && typeof dataProperty(authentication, 'runRequest') === 'function'
  );
}

function mayBeTraced(client: object): boolean {
  const fetch = Object.getOwnPropertyDescriptor(client, 'fetch');
  return Object.isExtensible(client) && fetch?.writable !== false;
}

function replaceMethods(client: StainlessClient, profile: ClientProfile): void {
  client.fetch = traceFetch(dataProperty(client, 'fetch') as AnyFetch, profile);
  // Classes of realtime sockets read only this property of their client.
  reportSockets(dataProperty(client, 'baseURL'));
  replaceData(client, 'request', (request) => {
    return function tracedRequest(this: StainlessClient, ...args) {
      const methodCall = startMethodCall(this, args[0]);
      return methodCall === undefined
        ? request.apply(this, args)
        : inClientCall(methodCall, () => request.apply(this, args));
    };
  });
  replaceData(client, 'buildURL', (buildURL) => {
    return function tracedBuildURL(this: StainlessClient, ...args) {
      reportSocketUrl(args[0]);
      return buildURL.apply(this, args);
    };
  });
  replaceData(client, 'withOptions', (withOptions) => {
    return function tracedWithOptions(this: StainlessClient, ...args) {
      const copy = withOptions.apply(this, args);
      // The copy has the traced fetch, unless the options hold another one.
      traceClientOnce(copy, profile);
      return copy;
    };
  });
}

/** Replaces a method, if it is a data property. */
function replaceData<K extends 'request' | 'withOptions' | 'buildURL'>(
  client: StainlessClient,
  key: K,
  wrap: (before: NonNullable<StainlessClient[K]>) => NonNullable<StainlessClient[K]>,
): void {
  const before = dataProperty(client, key);
  if (before !== undefined) replaceMethod(client, key, wrap, before);
}

/** Reports WebSockets, which are not recorded. Their classes call `buildURL` of a client outside of its requests. Never throws. */
function reportSocketUrl(path: unknown): void {
  runGuarded('socket', () => {
    if (isUntraced() || currentMethodCall() !== undefined) return;
    const [found] = BILLED_SOCKET.exec(new URL(String(path), 'wss://socket').pathname) ?? [];
    if (found !== undefined) reportUnrecorded(`WebSocket ${pathPattern(found)}`);
  });
}

/** The call to which all attempts of one request belong. Never throws. */
function startMethodCall(client: StainlessClient, options: unknown): MethodCall | undefined {
  return runGuarded('call', () => {
    if (isUntraced()) return undefined;
    const methodCall = new MethodCall({ maxRetries: client.maxRetries });
    const { fetchOptions } = client;
    if (options instanceof Promise) {
      whenFulfilled(options, (value) => setOptions(methodCall, value, fetchOptions));
    } else setOptions(methodCall, options, fetchOptions);
    return methodCall;
  });
}

/** Passes on what the options of a request say of its body, its retries and the app's signal. */
function setOptions(methodCall: MethodCall, options: unknown, ofClient: unknown): void {
  if (!isJsonObject(options)) return;
  const {
    body,
    maxRetries,
    signal,
    fetchOptions,
    __metadata: metadata,
  } = options as RequestOptions;
  methodCall.setOptions({
    maxRetries: typeof maxRetries === 'number' ? maxRetries : undefined,
    params: isJsonObject(body) ? paramsIn(body, metadata) : undefined,
    signal: objectOrEmpty(fetchOptions).signal ?? objectOrEmpty(ofClient).signal ?? signal,
  });
}

/** The fields of the body; of one that is no plain object, such as a form, only those that the client keeps beside it. */
function paramsIn(body: JsonObject, metadata: unknown): JsonObject {
  return isPlainObject(body) ? body : objectOrEmpty(metadata);
}
