import type { PageState } from './page-state.js';

/** Members of a state; `undefined` removes one. */
export type PageChange = { readonly [Name in keyof PageState]?: PageState[Name] | undefined };

/**
 * The state of another page, or a function of the present one, as the router takes it. The router types `search` for each
 * route; all of ours read the same state, by `readPageState`.
 */
export function toSearch(search: PageChange | ((before: PageState) => PageChange)): never {
  return search as never;
}
