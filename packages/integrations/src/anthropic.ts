/** The entry point for Anthropic's client, and for its clients for clouds that offer the models. */

import { traceStainless } from './clients/trace-stainless.js';
import { CALL_OPTIONS, type CallOptions, checkOptions } from './common/options.js';
import { anthropicBatch } from './shapes/anthropic/batch.js';
import { ANTHROPIC_UNREPORTED, anthropicShapes } from './shapes/anthropic.js';
import { bedrockInvoke } from './shapes/bedrock/invoke.js';

export type { ContentPart } from './common/options.js';

export interface AnthropicOptions extends CallOptions {}

/** Our names of providers by those of newer clients. */
const PROVIDERS: Readonly<Record<string, string>> = {
  'aws.bedrock': 'bedrock',
  'gcp.vertex_ai': 'google',
};

/**
 * Makes an Anthropic client record each of its calls as a step of the current trace; outside a trace, as a trace of its own. The
 * client itself is changed, and behaves as before. It may be one for a cloud: `AnthropicBedrock`, `AnthropicBedrockMantle`,
 * `AnthropicVertex`, `AnthropicFoundry` or `AnthropicAws`.
 *
 * @example
 * const anthropic = traceAnthropic(new Anthropic());
 *
 * @returns the same client
 * @throws TypeError if the argument is no such client or is frozen, or an option is wrong
 */
export function traceAnthropic<Client extends object>(
  client: Client,
  options: AnthropicOptions = {},
): Client {
  checkOptions('traceAnthropic', options, CALL_OPTIONS);
  const shapes = [...anthropicShapes, ...bedrockInvoke];
  const { _genAIProviderName: name } = (client ?? {}) as { readonly _genAIProviderName?: unknown };
  const provider = PROVIDERS[String(name)] ?? 'anthropic';
  traceStainless(
    client,
    {
      client: 'Anthropic',
      provider,
      shapes,
      retrievals: [anthropicBatch],
      unreportedPaths: ANTHROPIC_UNREPORTED,
      isForAnyHost: false,
      options,
    },
    'traceAnthropic',
  );
  return client;
}
