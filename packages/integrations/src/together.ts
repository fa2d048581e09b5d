/** Together's client. */

import {
  type CallOptions,
  checkOptions,
  STREAM_OPTIONS,
  type StreamUsageOptions,
} from './common/options.js';
import { traceClient } from './http/trace-client.js';
import { openAIShapes } from './shapes/openai.js';

export type { ContentPart } from './common/options.js';

export interface TogetherOptions extends CallOptions, StreamUsageOptions {}

/**
 * Has a Together client record each of its calls as a step of the current trace; outside a trace, as a trace of its own.
 * The client stays the one that it is, and behaves as before.
 *
 * @example
 * const together = traceTogether(new Together());
 *
 * @returns the client that was given
 * @throws TypeError where it is no such client, or an option is wrong
 */
export function traceTogether<Client extends object>(
  client: Client,
  options: TogetherOptions = {},
): Client {
  checkOptions('traceTogether', options, STREAM_OPTIONS);
  traceClient(
    client,
    { client: 'Together', provider: 'together_ai', shapes: openAIShapes, options },
    'traceTogether',
  );
  return client;
}
