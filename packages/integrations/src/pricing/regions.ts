/** The region of a call, and whether the list has prices for it. */

import type { PricedCall } from '@openlayer-tracing/core/integration';
import { regionInModelId } from '../shapes/bedrock/model-id.js';
import type { ListedModel } from './listed-model.js';

/** The region of a call, or the inference profile that chose it, on Bedrock also by the model's id; undefined if it is not known. */
export function regionOfCall({ billing, model, provider }: PricedCall): string | undefined {
  const ofId = provider === 'bedrock' ? regionInModelId(model ?? '') : undefined;
  return ofId ?? billing.region;
}

/** The reason for which the list has no price in a region, as `usage.unpriced` names it; undefined if it has one. */
export function regionWithoutPrice(
  listed: ListedModel,
  region: string | undefined,
): string | undefined {
  const isPriced = listed.providerId === 'aws' ? isPricedOnBedrock : isPricedIn;
  return isPriced(listed, region) ? undefined : `region:${region ?? 'unknown'}`;
}

function isPricedIn({ providerId, id }: ListedModel, region: string | undefined): boolean {
  if (region === 'global') return true;
  const isClaude = providerId === 'google' && /^claude-/.test(id);
  if (isClaude) return /^claude-(3|4-(opus|sonnet))/.test(id);
  if (region === undefined) return true;
  // OpenAI's models that are newer than these, and Gemini 3, cost more in one region.
  return (
    (providerId === 'openai' &&
      /^(gpt-[34]|gpt-5(-(mini|nano|pro))?$|gpt-5\.[1-3]|o\d|text-)/.test(id)) ||
    // Vertex AI has other prices for Gemini 2.0 Flash and older models.
    (providerId === 'google' && /^gemini-(2\.5|2\.0-flash-lite|embedding-001)/.test(id))
  );
}

function isPricedOnBedrock({ id, name }: ListedModel, region: string | undefined): boolean {
  if (region?.includes('gov')) return false;
  // Amazon's own models have the price of the region from which the request was sent, also with a global profile.
  const isOfAmazon = /(^|\.)amazon\./.test(id);
  if (!isOfAmazon && id.startsWith('global.')) return region === 'global';
  if (!isOfAmazon && id.startsWith('regional.')) {
    // Up to Claude Opus 4.1, all profiles cost the same. Later the global one costs less, and responses do not name it.
    const isOfOnePrice = /claude-(3|sonnet-4-2|opus-4-[12])/.test(id);
    const isNamedInFull = /(anthropic|openai)\./.test(name);
    return isOfOnePrice || (region === undefined ? isNamedInFull : region !== 'global');
  }
  return id.startsWith('writer.') || /^us(-east-1|-east-2|-west-2)?$/.test(region ?? '');
}
