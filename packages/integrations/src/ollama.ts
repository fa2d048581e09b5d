/** Ollama's client. */

import { type CallOptions, checkOptions } from './common/options.js';
import type { AnyFetch } from './http/fetch.js';
import { traceFetch } from './http/trace-fetch.js';
import { ollamaShapes } from './shapes/ollama.js';

export type { ContentPart } from './common/options.js';

export interface OllamaOptions extends CallOptions {}

/**
 * Has an Ollama client record each of its calls as a step of the current trace; outside a trace, as a trace of its own.
 * The client stays the one that it is, and behaves as before.
 *
 * @example
 * const ollama = traceOllama(new Ollama());
 *
 * @returns the client that was given
 * @throws TypeError where it is no such client, or an option is wrong
 */
export function traceOllama<Client extends object>(
  client: Client,
  options: OllamaOptions = {},
): Client {
  checkOptions('traceOllama', options);
  const given = client as { fetch?: AnyFetch } | null;
  if (typeof given?.fetch !== 'function') {
    throw new TypeError('traceOllama(client) takes a client, such as traceOllama(new Ollama())');
  }
  given.fetch = traceFetch(given.fetch, {
    client: 'Ollama',
    provider: 'ollama',
    shapes: ollamaShapes,
    options,
  });
  return client;
}
