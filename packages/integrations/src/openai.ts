/** The entry point for the clients of OpenAI, Azure OpenAI and services with the same API. */

import { traceStainless } from './clients/trace-stainless.js';
import {
  type CallOptions,
  checkClient,
  checkOptions,
  STREAM_OPTIONS,
  type StreamUsageOptions,
} from './common/options.js';
import { clientNames } from './http/exchange/client-profile.js';
import { openAIRetrievals } from './shapes/openai/retrievals.js';
import { OPENAI_UNREPORTED, openAIClientShapes } from './shapes/openai.js';

export type { ContentPart } from './common/options.js';

export interface OpenAIOptions extends CallOptions, StreamUsageOptions {
  /**
   * The first word of the names of the steps, for other services with OpenAI's API: `Cerebras` gives `Cerebras Chat Completion`.
   * @default 'OpenAI'
   */
  readonly client?: string | undefined;
}

/**
 * Makes an OpenAI client record each of its calls as a step of the current trace; outside a trace, as a trace of its own. The client
 * itself is changed, and behaves as before.
 *
 * @example
 * const openai = traceOpenAI(new OpenAI());
 *
 * @returns the same client
 * @throws TypeError if the argument is no such client, is frozen or has an X.509 credential, or an option is wrong
 */
export function traceOpenAI<Client extends object>(
  client: Client,
  options: OpenAIOptions = {},
): Client {
  checkOptions('traceOpenAI', options, { ...STREAM_OPTIONS, client: true });
  const { client: name = 'OpenAI' } = options;
  checkClient('traceOpenAI', name, 'Cerebras');
  traceStainless(
    client,
    {
      ...clientNames(name),
      provider: undefined,
      shapes: openAIClientShapes,
      retrievals: openAIRetrievals,
      unreportedPaths: OPENAI_UNREPORTED,
      isForAnyHost: false,
      options,
    },
    'traceOpenAI',
  );
  return client;
}
