/** The region of a call, and whether the list has prices for it. */

import type { PricedCall } from '@openlayer-tracing/core/integration';
import { placeInModelId } from '../shapes/bedrock/model-id.js';
import type { ListedModel } from './listed-model.js';

/** The region of a call, or the inference profile that chose it, on Bedrock also by the model's id; undefined if it is not known. */
export function placeOf({ billing, model, provider }: PricedCall): string | undefined {
  const ofId = provider === 'bedrock' ? placeInModelId(model ?? '') : undefined;
  return ofId ?? billing.region;
}

/** The reason for which the list has no price in a region, as `usage.unpriced` names it; undefined if it has one. */
export function placeWithoutPrice(
  listed: ListedModel,
  place: string | undefined,
): string | undefined {
  const isPriced = listed.providerId === 'aws' ? isPricedOnBedrock : isPricedAt;
  return isPriced(listed, place) ? undefined : `region:${place ?? 'unknown'}`;
}

function isPricedAt({ providerId, id }: ListedModel, place: string | undefined): boolean {
  if (place === 'global') return true;
  const isClaude = providerId === 'google' && /^claude-/.test(id);
  if (isClaude) return /^claude-(3|4-(opus|sonnet))/.test(id);
  if (place === undefined) return true;
  // OpenAI's models that are newer than these, and Gemini 3, cost more in one place.
  return (
    (providerId === 'openai' &&
      /^(gpt-[34]|gpt-5(-(mini|nano|pro))?$|gpt-5\.[1-3]|o\d|text-)/.test(id)) ||
    // Vertex AI has other prices for Gemini 2.0 Flash and older models.
    (providerId === 'google' && /^gemini-(2\.5|2\.0-flash-lite|embedding-001)/.test(id))
  );
}

function isPricedOnBedrock({ id, name }: ListedModel, place: string | undefined): boolean {
  if (place?.includes('gov')) return false;
  // Amazon's own models have the price of the region from which the request was sent, also with a global profile.
  const isOfAmazon = /(^|\.)amazon\./.test(id);
  if (!isOfAmazon && id.startsWith('global.')) return place === 'global';
  if (!isOfAmazon && id.startsWith('regional.')) {
    // Up to Claude Opus 4.1, all profiles cost the same. Later the global one costs less, and responses do not name it.
    const isOfOnePrice = /claude-(3|sonnet-4-2|opus-4-[12])/.test(id);
    const isNamedInFull = /(anthropic|openai)\./.test(name);
    return isOfOnePrice || (place === undefined ? isNamedInFull : place !== 'global');
  }
  return id.startsWith('writer.') || /^us(-east-1|-east-2|-west-2)?$/.test(place ?? '');
}
