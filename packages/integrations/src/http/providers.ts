/** Hosts whose models the platform prices, by the names that it prices them by. */

const PROVIDERS: readonly (readonly [host: RegExp, provider: string])[] = [
  [/^([a-z]+\.)?api\.openai\.com$/, 'openai'],
  [/\.openai\.azure\.(com|us|cn)$|\.cognitiveservices\.azure\.com$/, 'azure'],
  [/^api\.anthropic\.com$/, 'anthropic'],
  [/^api\.groq\.com$/, 'groq'],
  [/^api\.together\.(xyz|ai)$/, 'together_ai'],
  [/^generativelanguage\.googleapis\.com$|aiplatform\.googleapis\.com$/, 'google'],
  [/^api\.mistral\.ai$/, 'mistral'],
  [/^api\.cohere\.(com|ai)$/, 'cohere'],
  [/^api\.x\.ai$/, 'xai'],
  [/^api\.cerebras\.ai$/, 'cerebras'],
  [/^api\.deepseek\.com$/, 'deepseek'],
  [/^api\.fireworks\.ai$/, 'fireworks_ai'],
  [/^api\.perplexity\.ai$/, 'perplexity'],
  [/^bedrock-runtime\..*\.amazonaws\.com$/, 'bedrock'],
];

/** Undefined where the host does not tell, as that of a gateway. */
export function providerOf(url: URL): string | undefined {
  const known = PROVIDERS.find(([host]) => host.test(url.hostname))?.[1];
  // Behind a gateway, too, Azure's paths are its own.
  return known ?? (/\/openai\/deployments\//.test(url.pathname) ? 'azure' : undefined);
}

/** Whether the host is one of OpenAI's own. */
export function isOpenAI(url: URL): boolean {
  return providerOf(url) === 'openai';
}
