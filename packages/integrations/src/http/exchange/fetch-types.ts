/** The part of fetch that clients and this package use. */

export type FetchInput = string | URL | Request;

/** The second argument of fetch, of node-fetch and of others. */
export interface FetchInit {
  readonly method?: string | undefined;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly signal?: AbortSignal | null | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: a fetch of any client; their types differ in details
export type AnyFetch = (input: any, init?: any) => Promise<any>;
