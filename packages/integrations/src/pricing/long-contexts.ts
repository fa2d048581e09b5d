interface LongContext {
  readonly providerId: string;
  readonly model: RegExp;
  /** Largest input, in tokens, that the list's price holds for. */
  readonly upTo: number;
}

/** Models that cost more above so many tokens, for which the list has no price or a wrong one. */
const LONG_CONTEXTS: readonly LongContext[] = [
  { providerId: 'x-ai', model: /^grok-4(-fast|-1-fast|-0709|-latest|$)/, upTo: 128_000 },
  {
    providerId: 'anthropic',
    model: /claude-(sonnet-4-(0|2025)|4-sonnet|sonnet-4$)/,
    upTo: 200_000,
  },
  { providerId: 'google', model: /claude-(sonnet-4(@|$|-0|-2025)|4-sonnet)/, upTo: 200_000 },
  { providerId: 'azure', model: /claude-(sonnet-4(@|$|-0|-2025)|4-sonnet)/, upTo: 200_000 },
  { providerId: 'aws', model: /claude-sonnet-4-(5-)?2025/, upTo: 200_000 },
  // The list kept the surcharge, which ended on 13 March 2026.
  { providerId: 'google', model: /claude-(opus-4-6|4-6-opus)/, upTo: 200_000 },
];

/** Whether the input is longer than what the list has prices for. */
export function isTooLong(providerId: string, names: readonly string[], input: number): boolean {
  return LONG_CONTEXTS.some(
    (each) =>
      each.providerId === providerId &&
      input > each.upTo &&
      names.some((name) => each.model.test(name)),
  );
}
