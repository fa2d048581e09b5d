/** The entry point for Together's client. */

import { traceStainless } from './clients/trace-stainless.js';
import {
  type CallOptions,
  checkOptions,
  STREAM_OPTIONS,
  type StreamUsageOptions,
} from './common/options.js';
import { openAIShapes } from './shapes/openai.js';
import { TOGETHER_UNREPORTED, togetherRetrievals, togetherShapes } from './shapes/together.js';

export type { ContentPart } from './common/options.js';

export interface TogetherOptions extends CallOptions, StreamUsageOptions {}

/**
 * Makes a Together client record each of its calls as a step of the current trace; outside a trace, as a trace of its own. The client
 * itself is changed, and behaves as before.
 *
 * @example
 * const together = traceTogether(new Together());
 *
 * @returns the same client
 * @throws TypeError if the argument is no such client or is frozen, or an option is wrong
 */
export function traceTogether<Client extends object>(
  client: Client,
  options: TogetherOptions = {},
): Client {
  checkOptions('traceTogether', options, STREAM_OPTIONS);
  traceStainless(
    client,
    {
      client: 'Together',
      provider: 'together_ai',
      shapes: [...openAIShapes, ...togetherShapes],
      retrievals: togetherRetrievals,
      unreportedPaths: TOGETHER_UNREPORTED,
      isForAnyHost: false,
      options,
    },
    'traceTogether',
  );
  return client;
}
