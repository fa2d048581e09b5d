/** Anthropic's client. */

import { type CallOptions, checkOptions } from './common/options.js';
import { traceClient } from './http/trace-client.js';
import { anthropicShapes } from './shapes/anthropic-messages.js';

export type { ContentPart } from './common/options.js';

export interface AnthropicOptions extends CallOptions {}

/**
 * Has an Anthropic client record each of its calls as a step of the current trace; outside a trace, as a trace of its
 * own. The client stays the one that it is, and behaves as before.
 *
 * @example
 * const anthropic = traceAnthropic(new Anthropic());
 *
 * @returns the client that was given
 * @throws TypeError where it is no such client, or an option is wrong
 */
export function traceAnthropic<Client extends object>(
  client: Client,
  options: AnthropicOptions = {},
): Client {
  checkOptions('traceAnthropic', options);
  traceClient(
    client,
    { client: 'Anthropic', provider: 'anthropic', shapes: anthropicShapes, options },
    'traceAnthropic',
  );
  return client;
}
