/** Providers and regions by the host of a request. The names of providers are those under which the platform prices models. */

const PROVIDERS: readonly (readonly [host: RegExp, provider: string])[] = [
  [/^([a-z]+\.)?api\.openai\.com$/, 'openai'],
  [
    /\.openai\.azure\.(com|us|cn)$|\.(cognitiveservices|services\.ai|inference\.ai|models\.ai)\.azure\.(com|us|cn)$/,
    'azure',
  ],
  [/^api\.anthropic\.com$|^aws-external-anthropic\..*\.api\.aws$/, 'anthropic'],
  [/\.azure\.anthropic\.com$/, 'azure'],
  [/^api\.groq\.com$/, 'groq'],
  [/^api\.together\.(xyz|ai)$/, 'together_ai'],
  [
    /^generativelanguage\.googleapis\.com$|(^|-)aiplatform\.([a-z]+\.rep\.)?googleapis\.com$/,
    'google',
  ],
  [/^api\.mistral\.ai$/, 'mistral'],
  [/^api\.cohere\.(com|ai)$/, 'cohere'],
  [/^([\w-]+\.)?api\.x\.ai$/, 'xai'],
  [/^api\.cerebras\.ai$/, 'cerebras'],
  [/^api\.deepseek\.com$/, 'deepseek'],
  [/^api\.fireworks\.ai$/, 'fireworks_ai'],
  [/^api\.perplexity\.ai$/, 'perplexity'],
  [/^bedrock[\w-]*\..*\.(amazonaws\.(com(\.cn)?|eu)|api\.aws)$/, 'bedrock'],
  [/^openrouter\.ai$/, 'openrouter'],
  [/^(router|api-inference)\.huggingface\.co$|\.endpoints\.huggingface\.cloud$/, 'huggingface'],
  [/^api\.voyageai\.com$/, 'voyage'],
  [/^api\.jina\.ai$/, 'jina_ai'],
  [/^api\.replicate\.com$/, 'replicate'],
  [/^(.+\.)?fal\.run$/, 'fal_ai'],
];

/** Paths that identify a provider also behind a gateway. */
const PATHS: readonly (readonly [path: RegExp, provider: string])[] = [
  [/\/openai\/deployments\//, 'azure'],
  [/\/model\/[^/]+\/(converse|invoke)(-stream|-with-response-stream)?$/, 'bedrock'],
  [/\/publishers\/[^/]+\/models\/[^/]+:\w+$/, 'google'],
];

/** The provider that a URL belongs to; undefined if it cannot be known, as for a gateway. */
export function providerOf(url: URL): string | undefined {
  const byHost = PROVIDERS.find(([host]) => host.test(url.hostname));
  return (byHost ?? PATHS.find(([path]) => path.test(url.pathname)))?.[1];
}

/** Whether the host is one of OpenAI's own. */
export function isOpenAI(url: URL): boolean {
  return providerOf(url) === 'openai';
}

/** Hosts that name their region. */
const REGIONS: readonly RegExp[] = [
  /^([\w-]+)\.api\.(?:openai\.com|x\.ai)$/,
  /^bedrock[\w-]*\.([a-z0-9-]+)\.(?:amazonaws|api)\./,
  /^([a-z0-9-]+)-aiplatform\.googleapis\.com$/,
  /^aiplatform\.([a-z]+)\.rep\.googleapis\.com$/,
];

/** The region in which the models of this host run; undefined if the host does not name it. */
export function regionOf(url: URL): string | undefined {
  for (const host of REGIONS) {
    const region = host.exec(url.hostname)?.[1];
    if (region !== undefined) return region;
  }
  return undefined;
}
