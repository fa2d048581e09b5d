/** Groq's client. */

import {
  type CallOptions,
  checkOptions,
  STREAM_OPTIONS,
  type StreamUsageOptions,
} from './common/options.js';
import { traceClient } from './http/trace-client.js';
import { openAIShapes } from './shapes/openai.js';

export type { ContentPart } from './common/options.js';

export interface GroqOptions extends CallOptions, StreamUsageOptions {}

/**
 * Has a Groq client record each of its calls as a step of the current trace; outside a trace, as a trace of its own.
 * The client stays the one that it is, and behaves as before.
 *
 * @example
 * const groq = traceGroq(new Groq());
 *
 * @returns the client that was given
 * @throws TypeError where it is no such client, or an option is wrong
 */
export function traceGroq<Client extends object>(
  client: Client,
  options: GroqOptions = {},
): Client {
  checkOptions('traceGroq', options, STREAM_OPTIONS);
  traceClient(
    client,
    { client: 'Groq', provider: 'groq', shapes: openAIShapes, options },
    'traceGroq',
  );
  return client;
}
