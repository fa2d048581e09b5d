/** The provider, the model and the billing of a call of the AI SDK, which frameworks pass on. */

import { type Billing, providerSlug } from '@openlayer-tracing/core/integration';
import { modelOfGateway } from '../common/bare-model.js';
import {
  countOrUndefined,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import { geminiToolUses } from './gemini/usage.js';
import { openAIBilling } from './openai/usage.js';

/** The provider: `openai` of `openai.chat`; for a gateway, the vendor with which the model's path begins. */
export function aiSdkProvider(provider: unknown, modelId: unknown): string | undefined {
  if (stringOrUndefined(provider)?.split('.')[0] === 'gateway') {
    const [vendor, ...path] = stringOrUndefined(modelId)?.split('/') ?? [];
    return path.length > 0 ? aiSdkProvider(vendor, undefined) : undefined;
  }
  return providerSlug(provider);
}

/** The model's name without the vendor that a gateway puts before it. */
export function aiSdkModel(modelId: unknown): string | undefined {
  return modelOfGateway(stringOrUndefined(modelId));
}

/** What the price of a call depends on besides its tokens, as the provider or a gateway states it. */
export function aiSdkBilling(usage: unknown, about: JsonObject, body: unknown): Billing {
  let statedTier = tierIn(body);
  let billing: Billing = openAIBilling(objectOrEmpty(objectOrEmpty(usage).raw));
  for (const each of Object.values(about)) {
    const { usage: raw, serviceTier, service_tier, cost } = objectOrEmpty(each);
    billing = { ...billing, ...openAIBilling(objectOrEmpty(raw)) };
    statedTier = stringOrUndefined(serviceTier) ?? stringOrUndefined(service_tier) ?? statedTier;
    // A gateway that knows no price sends 0.
    const stated = countOrUndefined(typeof cost === 'string' ? Number(cost) : cost) ?? 0;
    if (stated > 0) billing = { ...billing, statedCost: stated };
  }
  return {
    ...billing,
    ...(statedTier !== undefined && { serviceTier: statedTier }),
    ...googleToolUses(about),
  };
}

/** The tier in the body that the provider sent. The SDK does not always pass it on. */
function tierIn(body: unknown): string | undefined {
  const { service_tier, usageMetadata } = objectOrEmpty(body);
  return (
    stringOrUndefined(service_tier) ?? stringOrUndefined(objectOrEmpty(usageMetadata).serviceTier)
  );
}

/** The uses of Google's own tools in its metadata. Code executions are not among them: they are parts of the answer. */
function googleToolUses({ google, googleVertex, vertex }: JsonObject): Billing {
  const facts = objectOrEmpty(google ?? googleVertex ?? vertex);
  // The SDK may have sent several requests for one answer.
  const { groundingMetadataPerRequest: several } = facts;
  const all = Array.isArray(several)
    ? several.map((each, i) =>
        i === 0 ? { ...facts, groundingMetadata: each } : { groundingMetadata: each },
      )
    : [facts];
  return geminiToolUses(all.map((each) => ({ facts: each, executions: 0 })));
}
