import { providerSlug } from '@openlayer-tracing/core/integration';
import { stringOrUndefined } from '../common/json.js';

/** The slugs of providers that LangChain alone names so, in lower case. */
const PROVIDERS: ReadonlyMap<string | undefined, string> = new Map([
  ['google-genai', 'google'],
  ['googlegenerativeai', 'google'],
  ['bedrock_converse', 'bedrock'],
]);

/** The slug of a provider by LangChain's name, which may be a part of a class's name. */
export function langChainProvider(value: unknown): string | undefined {
  return PROVIDERS.get(stringOrUndefined(value)?.toLowerCase()) ?? providerSlug(value);
}
