/** The entry point for Mistral's client. */

import { hasUnreachableParts, isSpeakeasy, traceSpeakeasy } from './clients/trace-speakeasy.js';
import { assertChangeable } from './common/hooks/replace-method.js';
import { isTraced } from './common/hooks/traced.js';
import { CALL_OPTIONS, type CallOptions, checkOptions } from './common/options.js';
import type { ClientProfile } from './http/exchange/client-profile.js';
import { MISTRAL_UNREPORTED, mistralShapes } from './shapes/mistral.js';
import { openAIBatch } from './shapes/openai/retrievals.js';

export type { ContentPart } from './common/options.js';

export interface MistralOptions extends CallOptions {}

/**
 * Makes a Mistral client record each of its calls as a step of the current trace; outside a trace, as a trace of its own. The client
 * itself is changed, and behaves as before.
 *
 * @example
 * const mistral = traceMistral(new Mistral());
 *
 * @returns the same client
 * @throws TypeError if the argument is no such client, is frozen or has been used before, or an option is wrong
 */
export function traceMistral<Client extends object>(
  client: Client,
  options: MistralOptions = {},
): Client {
  checkOptions('traceMistral', options, CALL_OPTIONS);
  if (!isSpeakeasy(client)) {
    throw new TypeError('traceMistral(client) takes a client, such as traceMistral(new Mistral())');
  }
  if (hasUnreachableParts(client)) {
    throw new TypeError(
      'traceMistral(client) cannot trace a client that was used or wrapped before: trace it first',
    );
  }
  const { _options: clientOptions } = client;
  if (!isTraced(clientOptions))
    assertChangeable('traceMistral', 'client', clientOptions, 'httpClient');
  const profile: ClientProfile = {
    client: 'Mistral',
    provider: 'mistral',
    shapes: mistralShapes,
    retrievals: [openAIBatch],
    unreportedPaths: MISTRAL_UNREPORTED,
    isForAnyHost: false,
    options,
  };
  traceSpeakeasy(client, profile, 'httpClient');
  return client;
}
