/** The names of providers by OpenTelemetry's conventions. */

import { lookUp } from '../data/look-up.js';

/** The providers with another name in OpenTelemetry's conventions, `gen_ai.provider.name`. */
const PROVIDERS: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  bedrock: 'aws.bedrock',
  google: 'gcp.gemini',
  mistral: 'mistral_ai',
  moonshot: 'moonshot_ai',
  watsonx: 'ibm.watsonx.ai',
  xai: 'x_ai',
};

/** OpenTelemetry's name of a provider, by our slug. `providerSlug` is the other way. */
export function genAIProviderOf(slug: string): string {
  return lookUp(PROVIDERS, slug) ?? slug;
}
