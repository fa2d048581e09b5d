/** The cost of a call, or the reasons for which it has none. */
export interface Quote {
  /** US dollars. */
  readonly usd?: number;
  /** What has no price, as `usage.unpriced` names it. Empty if everything has one. */
  readonly missing: readonly string[];
}
