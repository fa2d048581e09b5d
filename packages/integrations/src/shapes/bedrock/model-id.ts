/** The model and the region of a request to Amazon Bedrock. */

import { percentDecoded } from '@openlayer-tracing/core/integration';

/** The last part of an ARN; any other id unchanged. */
export function bareBedrockModel(id: string): string {
  return id.replace(/^arn:.*?[/](?=[^/]+$)/, '');
}

/** The name of the model that a field states by its id or ARN; undefined if the field is no string. */
export function bedrockModelIn(id: unknown): string | undefined {
  return typeof id === 'string' ? bareBedrockModel(id) : undefined;
}

/** The model's id in the path; undefined if the path has none. */
function modelIdOf({ pathname }: URL): string | undefined {
  const id = /\/model\/([^/]+)\//.exec(pathname)?.[1];
  return id === undefined ? undefined : percentDecoded(id);
}

/** The model's name in the path; undefined if the path has none. */
export function bedrockModel(url: URL): string | undefined {
  const id = modelIdOf(url);
  return id === undefined ? undefined : bareBedrockModel(id);
}

/** The inference profile that chooses the region (`eu`, `global`), else the region of the host. */
export function bedrockRegion(url: URL, id = modelIdOf(url)): string | undefined {
  const ofHost = /^bedrock[\w-]*\.([a-z0-9-]+)\.(?:amazonaws|api\.aws)/.exec(url.hostname)?.[1];
  return regionInModelId(id ?? '') ?? ofHost;
}

/** The inference profile with which the id begins, else the region in its ARN; undefined if it has neither. */
export function regionInModelId(id: string): string | undefined {
  const profile = PROFILE.exec(bareBedrockModel(id))?.[1];
  return profile ?? /^arn:[\w-]+:bedrock:([a-z0-9-]+):/.exec(id)?.[1];
}

/** The geographies that have inference profiles. They are listed because vendors have short names too: `openai.gpt-5.5`. */
const PROFILE = /^(us-gov|us|eu|apac|jp|au|ca|in|sa|me|af|mx|global)\./;
