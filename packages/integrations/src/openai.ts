/** OpenAI, Azure OpenAI, and whatever speaks like them. */

import {
  type CallOptions,
  checkOptions,
  STREAM_OPTIONS,
  type StreamUsageOptions,
} from './common/options.js';
import { traceClient } from './http/trace-client.js';
import { openAIShapes } from './shapes/openai.js';

export type { ContentPart } from './common/options.js';

export interface OpenAIOptions extends CallOptions, StreamUsageOptions {}

/**
 * Has an OpenAI client record each of its calls as a step of the current trace; outside a trace, as a trace of its own.
 * The client stays the one that it is, and behaves as before.
 *
 * @example
 * const openai = traceOpenAI(new OpenAI());
 *
 * @returns the client that was given
 * @throws TypeError where it is no such client, or an option is wrong
 */
export function traceOpenAI<Client extends object>(
  client: Client,
  options: OpenAIOptions = {},
): Client {
  checkOptions('traceOpenAI', options, STREAM_OPTIONS);
  traceClient(
    client,
    { client: 'OpenAI', provider: undefined, shapes: openAIShapes, options },
    'traceOpenAI',
  );
  return client;
}
