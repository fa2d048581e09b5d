/** The names that SDKs and OpenTelemetry have for providers, and the slugs under which the platform prices their models. */

/** Names in lower case that differ from the slug: of the AI SDK, OpenTelemetry (old names included), OpenInference, OpenLLMetry and LangSmith. */
const SLUGS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    azure:
      'azure-openai azure_openai azure.ai.openai azure.ai.inference az.ai.openai az.ai.inference',
    google:
      'gcp gcp.gemini gcp.vertex_ai gcp.gen_ai gemini vertex vertexai vertex_ai google_genai google_vertexai',
    bedrock: 'aws aws.bedrock amazon-bedrock amazon_bedrock aws_bedrock',
    mistral: 'mistral_ai mistralai',
    xai: 'x_ai x-ai',
    watsonx: 'ibm.watsonx.ai ibm',
    together_ai: 'together togetherai',
    fireworks_ai: 'fireworks fireworksai',
    moonshot: 'moonshot_ai moonshotai',
    huggingface: 'hugging_face',
  }).flatMap(([slug, names]) => names.split(' ').map((name) => [name, slug] as const)),
);

/** The part of a name before its first dot. */
const VENDOR = /^[^.]*/;

/**
 * The slug of a provider: `openai` of `openai.chat`, `google` of `gcp.gemini`. A name that is not known is its own slug, up to the
 * first dot. Undefined for anything but a name.
 */
export function providerSlug(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined;
  const known = name.trim().toLowerCase();
  const [vendor = ''] = VENDOR.exec(known) ?? [];
  return SLUGS.get(known) ?? SLUGS.get(vendor) ?? (vendor || undefined);
}
