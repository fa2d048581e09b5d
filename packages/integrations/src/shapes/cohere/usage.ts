/** Reads Cohere's usage: tokens, billed units, and other fields. */

import type { Billing, TokenCounts } from '@openlayer-tracing/core/integration';
import {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  nonEmptyObjectOrUndefined,
  objectOrEmpty,
  positiveCounts,
} from '../../common/json.js';

/** The billed tokens. Cohere's models read more than Cohere bills. */
export function cohereTokens(usage: unknown): TokenCounts | undefined {
  const { billed_units: billed, tokens, cached_tokens } = objectOrEmpty(usage);
  const counted = objectOrEmpty(billed ?? tokens);
  const images = countOrUndefined(counted.image_tokens);
  const texts = countOrUndefined(counted.input_tokens);
  const input =
    texts === undefined && images === undefined ? undefined : (texts ?? 0) + (images ?? 0);
  const output = countOrUndefined(counted.output_tokens);
  if (input === undefined && output === undefined) return undefined;
  const cached = countOrUndefined(cached_tokens);
  return {
    input,
    output,
    cached: cached !== undefined && cached <= (input ?? 0) ? cached : undefined,
    imageInput: images,
  };
}

/** The other billed units: searches, classifications, pages and images. */
export function cohereBilling(usage: unknown): Billing {
  const billed = objectOrEmpty(objectOrEmpty(usage).billed_units);
  const units = positiveCounts(
    fieldsExcept(billed, 'input_tokens', 'output_tokens', 'image_tokens'),
  );
  return units === undefined ? {} : { units };
}

/** The fields of the usage that are not billed. */
function otherCohereUsage(usage: unknown): JsonObject {
  const { tokens, billed_units: billed, cached_tokens: cached, ...unknown } = objectOrEmpty(usage);
  const kept = fieldsExcept(unknown, 'api_version');
  return definedFields({
    modelTokens: isJsonObject(tokens) && billed !== undefined ? tokens : undefined,
    // Cached tokens are not a part of the billed tokens if they are as many or more.
    cachedTokens: cohereTokens(usage)?.cached === undefined ? countOrUndefined(cached) : undefined,
    meta: nonEmptyObjectOrUndefined(kept),
  });
}

/** The billed tokens as metadata, for types of steps that have no fields for tokens. */
export function billedTokens(usage: unknown): JsonObject {
  const { input_tokens, output_tokens, image_tokens } = objectOrEmpty(
    objectOrEmpty(usage).billed_units,
  );
  const counts = definedFields({ input_tokens, output_tokens, image_tokens });
  return Object.keys(counts).length > 0 ? { billedTokens: counts } : {};
}

/** The fields of the usage that are not billed, without the warnings. */
export function cohereMeta(usage: unknown): JsonObject {
  return otherCohereUsage(fieldsExcept(objectOrEmpty(usage), 'warnings'));
}

/** The warnings in the usage. They are sentences, and so content. */
export function cohereWarnings(usage: unknown): JsonObject {
  const { warnings } = objectOrEmpty(usage);
  return arrayOrEmpty(warnings).length > 0 ? { warnings } : {};
}
