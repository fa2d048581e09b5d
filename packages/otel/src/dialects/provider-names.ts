/** The names of providers in the conventions of OpenTelemetry, `gen_ai.provider.name`. */

const NAMES: Readonly<Record<string, string>> = {
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
  return Object.hasOwn(NAMES, slug) ? (NAMES[slug] as string) : slug;
}
