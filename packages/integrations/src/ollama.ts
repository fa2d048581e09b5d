/** The entry point for Ollama's client. */

import { inClientCall, isUntraced } from '@openlayer-tracing/core/integration';
import { assertChangeable, replaceMethod } from './common/hooks/replace-method.js';
import { isTraced, markTraced } from './common/hooks/traced.js';
import { whenFulfilled } from './common/hooks/when-fulfilled.js';
import { whenLeft } from './common/hooks/when-left.js';
import { objectOrEmpty } from './common/json.js';
import { CALL_OPTIONS, type CallOptions, checkOptions } from './common/options.js';
import { MethodCall } from './http/calls/method-call.js';
import type { AnyFetch } from './http/exchange/fetch-types.js';
import { traceFetch } from './http/trace-fetch.js';
import { ollamaClientShapes } from './shapes/ollama.js';
import { unreportedPaths } from './shapes/reading/unreported-paths.js';

export type { ContentPart } from './common/options.js';

export interface OllamaOptions extends CallOptions {}

/** The part of the client that is used. Some of it is protected in the client's own types. */
interface OllamaClient {
  fetch: AnyFetch;
  /** Sends a request. Returns the response, or a stream that reads the lines of its body from a generator. */
  processStreamableRequest?(...args: unknown[]): Promise<unknown>;
}

/**
 * Makes an Ollama client record each of its calls as a step of the current trace; outside a trace, as a trace of its own. The client
 * itself is changed, and behaves as before.
 *
 * @example
 * const ollama = traceOllama(new Ollama());
 *
 * @returns the same client
 * @throws TypeError if the argument is no such client or is frozen, or an option is wrong
 */
export function traceOllama<Client extends object>(
  client: Client,
  options: OllamaOptions = {},
): Client {
  checkOptions('traceOllama', options, CALL_OPTIONS);
  const ollama = client as Partial<OllamaClient> | null;
  if (typeof ollama?.fetch !== 'function') {
    throw new TypeError('traceOllama(client) takes a client, such as traceOllama(new Ollama())');
  }
  if (isTraced(client)) return client;
  assertChangeable('traceOllama', 'client', client, 'fetch');
  markTraced(client);
  ollama.fetch = traceFetch(ollama.fetch, {
    client: 'Ollama',
    provider: 'ollama',
    shapes: ollamaClientShapes,
    unreportedPaths: unreportedPaths(
      'api/pull api/push api/create api/copy api/show api/delete api/blobs/*',
    ),
    isForAnyHost: false,
    options,
  });
  // A sealed client keeps its method.
  if (!Object.isExtensible(client)) return client;
  // The client does not cancel the body of a stream that the app leaves.
  replaceMethod(ollama as OllamaClient, 'processStreamableRequest', (send) => {
    return function tracedProcessStreamableRequest(this: OllamaClient, ...args) {
      if (isUntraced()) return send.apply(this, args);
      const methodCall = new MethodCall({ maxRetries: 0 });
      const response = inClientCall(methodCall, () => send.apply(this, args));
      whenFulfilled(response, (received) => {
        whenLeft(objectOrEmpty(received).itr, () => methodCall.leave());
      });
      return response;
    };
  });
  return client;
}
