/** The entry point for Groq's client. */

import { traceStainless } from './clients/trace-stainless.js';
import {
  type CallOptions,
  checkOptions,
  STREAM_OPTIONS,
  type StreamUsageOptions,
} from './common/options.js';
import { openAIBatch } from './shapes/openai/retrievals.js';
import { OPENAI_LIKE_UNREPORTED, openAIShapes } from './shapes/openai.js';

export type { ContentPart } from './common/options.js';

export interface GroqOptions extends CallOptions, StreamUsageOptions {}

/**
 * Makes a Groq client record each of its calls as a step of the current trace; outside a trace, as a trace of its own. The client
 * itself is changed, and behaves as before.
 *
 * @example
 * const groq = traceGroq(new Groq());
 *
 * @returns the same client
 * @throws TypeError if the argument is no such client or is frozen, or an option is wrong
 */
export function traceGroq<Client extends object>(
  client: Client,
  options: GroqOptions = {},
): Client {
  checkOptions('traceGroq', options, STREAM_OPTIONS);
  traceStainless(
    client,
    {
      client: 'Groq',
      provider: 'groq',
      shapes: openAIShapes,
      retrievals: [openAIBatch],
      unreportedPaths: OPENAI_LIKE_UNREPORTED,
      isForAnyHost: false,
      options,
    },
    'traceGroq',
  );
  return client;
}
