import type { TokenCounts } from '@openlayer-tracing/core/integration';
import { countOrUndefined, isJsonObject, objectOrEmpty } from '../common/json.js';

/** The counts in `usage_metadata` of a message; undefined if there are none. */
export function messageTokens(usage: unknown): TokenCounts | undefined {
  if (!isJsonObject(usage)) return undefined;
  const inputDetails = objectOrEmpty(usage.input_token_details);
  const outputDetails = objectOrEmpty(usage.output_token_details);
  return {
    input: countOrUndefined(usage.input_tokens),
    output: countOrUndefined(usage.output_tokens),
    total: countOrUndefined(usage.total_tokens),
    cached: countOrUndefined(inputDetails.cache_read),
    cacheCreation: countOrUndefined(inputDetails.cache_creation),
    audioInput: countOrUndefined(inputDetails.audio),
    imageInput: countOrUndefined(inputDetails.image),
    videoInput: countOrUndefined(inputDetails.video),
    audioOutput: countOrUndefined(outputDetails.audio),
    imageOutput: countOrUndefined(outputDetails.image),
    reasoning: countOrUndefined(outputDetails.reasoning),
  };
}
