/** Prices of the list that are wrong, or no longer right. A call that needs one of them has no price. */

import type { TokenPart } from './token-parts.js';

interface WrongPrice {
  readonly providerId: string;
  /** Matches the name in the call, or the list's own id of the model. */
  readonly model: RegExp;
  /** The only wrong price. @default all prices of the model */
  readonly part?: TokenPart;
  /** First moment at which the list is wrong, in epoch milliseconds. @default always */
  readonly since?: number;
}

const WRONG_PRICES: readonly WrongPrice[] = [
  // The list prices the second version like the first, which costs five times as much.
  { providerId: 'aws', model: /titan-embed-text-v2/ },
  { providerId: 'google', model: /gemini-1\.5-flash-8b/ },
  // The list prices this model like gpt-oss-120b; Groq sells it at the price of gpt-oss-20b.
  { providerId: 'groq', model: /gpt-oss-safeguard-20b/ },
  // Fireworks sells models of more than 16 billion parameters at 0.9 dollars, not at 0.1.
  { providerId: 'fireworks', model: /gemma-3-27b/ },
  // Other lists have another price for what caches hold, and no page of the provider decides which is right.
  { providerId: 'fireworks', model: /gpt-oss-120b|glm-5p2/, part: 'cached' },
  { providerId: 'minimax', model: /M2\.5-highspeed/i, part: 'cached' },
  { providerId: 'azure', model: /^gpt-5\.6(-sol|$)/, part: 'cached' },
  { providerId: 'azure', model: /^gpt-5\.6(-sol|$)/, part: 'cache_creation' },
  // Another list has all prices of this one a quarter higher.
  { providerId: 'fireworks', model: /inkling/ },
  // 0.275 dollars, which the list has as 0.28.
  { providerId: 'azure', model: /^o4-mini/, part: 'cached' },
  // Prices of other hosts of these open models.
  { providerId: 'azure', model: /^(phi|mai)-/i },
  { providerId: 'deepseek', model: /^deepseek-v3\./ },
  // These names stand for newer models now, which have other prices.
  { providerId: 'mistral', model: /^mistral-large-latest$/, since: Date.UTC(2025, 11, 2) },
  { providerId: 'mistral', model: /^mistral-small-latest$/, since: Date.UTC(2026, 2, 16) },
  { providerId: 'deepseek', model: /^deepseek-(chat|reasoner)/, since: Date.UTC(2025, 8, 5) },
  { providerId: 'deepseek', model: /^deepseek-v4-flash/, since: Date.UTC(2026, 9, 17) },
  // Raised from 0.88 to 1.04 dollars; seen on 2 July 2026.
  { providerId: 'together', model: /Llama-3\.3-70B/, since: Date.UTC(2026, 5, 1) },
  {
    providerId: 'together',
    model: /Llama-3-8B-Instruct-Lite|Mixtral-8x7B|WizardLM-13B|Yi-6B|Nous-Hermes-Llama2/,
  },
  {
    providerId: 'novita',
    model: /llama-3\.[13]-(8b|70b)|mistral-nemo|mythomax|nous-hermes-llama2/,
  },
  // Sold at the price of Grok 4.20 since July 2026 at the latest.
  { providerId: 'x-ai', model: /grok-4\.20-multi-agent/, since: Date.UTC(2026, 2, 31) },
  // Half the price, until the promotion ended.
  { providerId: 'zai', model: /^glm-5\.3-flash$/i, since: Date.UTC(2026, 8, 9, 16) },
  { providerId: 'zhipuai', model: /^glm-5\.3-flash$/i },
];

/** Whether no price of this model can be used for a call at that time. */
export function hasWrongPrices(
  providerId: string,
  names: readonly string[],
  time: number,
): boolean {
  // The list has DeepSeek's peak hours for every day of the week; they are of working days.
  const isDeepSeek4 = providerId === 'deepseek' && names.some((name) => /^deepseek-v4/.test(name));
  if (isDeepSeek4 && isWeekend(time)) return true;
  return entriesOf(providerId, names, time).some(({ part }) => part === undefined);
}

/** The parts of a call whose price in the list is wrong, though the others are right. */
export function wrongParts(
  providerId: string,
  names: readonly string[],
  time: number,
): readonly TokenPart[] {
  return entriesOf(providerId, names, time).flatMap(({ part }) => part ?? []);
}

function entriesOf(
  providerId: string,
  names: readonly string[],
  time: number,
): readonly WrongPrice[] {
  return WRONG_PRICES.filter(
    (each) =>
      each.providerId === providerId &&
      names.some((name) => each.model.test(name)) &&
      time >= (each.since ?? Number.NEGATIVE_INFINITY),
  );
}

function isWeekend(time: number): boolean {
  const day = new Date(time).getUTCDay();
  return day === 0 || day === 6;
}
