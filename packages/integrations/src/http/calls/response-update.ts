/** Converts what a reader found in a response to the fields of a step. */

import {
  type BilledPart,
  type Billing,
  type StepUpdate,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import { bareModel } from '../../common/bare-model.js';
import { recordedContent, recordedDetails } from '../../common/content/recorded-content.js';
import { definedFields, type JsonObject } from '../../common/json.js';
import type { CallOptions } from '../../common/options.js';
import { regionOf } from '../../common/providers.js';
import { withPricedTier } from '../../common/service-tier.js';
import type { ModelResponse } from '../../shapes/reading/shape.js';

/**
 * The update of a step by a response: output, model, tokens, and the facts of its metadata. Content is left out or redacted as the
 * options say.
 * @param metadata facts of the call that the response does not state
 */
export function responseUpdate(
  options: CallOptions,
  response: ModelResponse,
  metadata: JsonObject,
): StepUpdate {
  return {
    output: recordedContent(options, 'output', response.output),
    model: bareModel(response.model),
    ...tokenFields(response.tokens ?? {}),
    ...response.fields,
    metadata: definedFields({
      ...recordedDetails(options, response.details),
      ...definedFields(response.metadata ?? {}),
      serviceTier: response.metadata?.serviceTier ?? response.billing?.serviceTier,
      // Set again by `metadata` below; named here only to stand before `reasoning`.
      timeToFirstToken: metadata.timeToFirstToken,
      reasoning: recordedContent(options, 'output', response.reasoning),
      ...metadata,
    }),
  } as StepUpdate;
}

/** What changes the price of a response. The region is in the host. */
export function billingOf({ billing }: Pick<ModelResponse, 'billing'>, url: URL): Billing {
  return withPricedTier({ region: regionOf(url), ...billing });
}

/** The calls that a response stands for, if they are several; undefined otherwise. */
export function billedParts({ parts }: ModelResponse, url: URL): readonly BilledPart[] | undefined {
  return parts?.map((part) => ({
    ...part,
    model: bareModel(part.model),
    tokens: part.tokens && tokenFields(part.tokens).tokenCounts,
    billing: billingOf(part, url),
  }));
}
