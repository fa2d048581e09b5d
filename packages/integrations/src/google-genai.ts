/** Google's client for Gemini, by its own API or by Vertex AI. */

import { inClientCall, isUntraced } from '@openlayer-tracing/core/integration';
import { record } from './common/json.js';
import { type CallOptions, checkOptions } from './common/options.js';
import { traced } from './common/traced.js';
import { ClientCall } from './http/client-call.js';
import type { AnyFetch } from './http/fetch.js';
import { replaceMethod } from './http/replace-method.js';
import { traceFetch } from './http/trace-fetch.js';
import { geminiShapes } from './shapes/gemini.js';

export type { ContentPart } from './common/options.js';

export interface GoogleGenAIOptions extends CallOptions {}

/** What makes the requests of all its modules. */
interface ApiClient {
  /** One request with all its tries. */
  apiCall(
    url: unknown,
    init: unknown,
    retryOptions: unknown,
    timeout: unknown,
    signal: unknown,
    fetch?: AnyFetch,
    ...rest: unknown[]
  ): unknown;
}

const DEFAULT_ATTEMPTS = 5;

/**
 * Has a Google GenAI client record each of its calls as a step of the current trace; outside a trace, as a trace of its
 * own. The client stays the one that it is, and behaves as before.
 *
 * @example
 * const ai = traceGoogleGenAI(new GoogleGenAI({}));
 *
 * @returns the client that was given
 * @throws TypeError where it is no such client, or an option is wrong
 */
export function traceGoogleGenAI<Client extends object>(
  client: Client,
  options: GoogleGenAIOptions = {},
): Client {
  checkOptions('traceGoogleGenAI', options);
  const { apiClient } = (client ?? {}) as { apiClient?: Partial<ApiClient> };
  if (typeof apiClient?.apiCall !== 'function') {
    throw new TypeError(
      'traceGoogleGenAI(client) takes a client, such as traceGoogleGenAI(new GoogleGenAI({}))',
    );
  }
  if (traced.has(apiClient)) return client;
  traced.add(apiClient);
  const door = { client: 'Gemini', provider: 'google', shapes: geminiShapes, options };
  const theirs: AnyFetch = traceFetch((input, init) => globalThis.fetch(input, init), door);
  // A fetch in the client's options would make it drop its dispatcher, which lets answers take their time.
  replaceMethod(apiClient as ApiClient, 'apiCall', (apiCall) => {
    return function tracedApiCall(this: ApiClient, url, init, retryOptions, ...rest) {
      const [timeout, signal, given, ...others] = rest;
      const fetch = given === undefined ? theirs : traceFetch(given, door);
      const run = () =>
        apiCall.call(this, url, init, retryOptions, timeout, signal, fetch, ...others);
      return isUntraced()
        ? run()
        : inClientCall(new ClientCall({ maxRetries: retriesIn(retryOptions) }), run);
    };
  });
  return client;
}

function retriesIn(options: unknown): number {
  if (options === undefined || options === null) return 0;
  const { attempts } = record(options);
  return (typeof attempts === 'number' ? attempts : DEFAULT_ATTEMPTS) - 1;
}
