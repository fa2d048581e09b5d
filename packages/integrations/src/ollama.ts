/** The entry point for Ollama's client. */

import { assertChangeable } from './common/hooks/replace-method.js';
import { CALL_OPTIONS, type CallOptions, checkOptions } from './common/options.js';
import type { AnyFetch } from './http/fetch-types.js';
import { traceFetch } from './http/trace-fetch.js';
import { ollamaClientShapes } from './shapes/ollama.js';
import { freePaths } from './shapes/reading/free-paths.js';

export type { ContentPart } from './common/options.js';

export interface OllamaOptions extends CallOptions {}

/**
 * Makes an Ollama client record each of its calls as a step of the current trace; outside a trace, as a trace of its own. The client
 * itself is changed, and behaves as before.
 *
 * @example
 * const ollama = traceOllama(new Ollama());
 *
 * @returns the same client
 * @throws TypeError if the argument is no such client, or an option is wrong
 */
export function traceOllama<Client extends object>(
  client: Client,
  options: OllamaOptions = {},
): Client {
  checkOptions('traceOllama', options, CALL_OPTIONS);
  const ollama = client as { fetch?: AnyFetch } | null;
  if (typeof ollama?.fetch !== 'function') {
    throw new TypeError('traceOllama(client) takes a client, such as traceOllama(new Ollama())');
  }
  assertChangeable('traceOllama', 'client', client, 'fetch');
  ollama.fetch = traceFetch(ollama.fetch, {
    client: 'Ollama',
    provider: 'ollama',
    shapes: ollamaClientShapes,
    free: freePaths('api/pull api/push api/create api/copy api/show api/delete api/blobs/*'),
    options,
  });
  return client;
}
