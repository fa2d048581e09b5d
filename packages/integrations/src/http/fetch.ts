/** The part of fetch that clients and we use. */

export type FetchInput = string | URL | Request;

/** What fetch takes beside the address; node-fetch and others have their own. */
export interface FetchInit {
  readonly method?: string | undefined;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly signal?: AbortSignal | null | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: a fetch of any client, whose types differ in details
export type AnyFetch = (input: any, init?: any) => Promise<any>;

/** The value of a header, in whichever form the headers were given. */
export function headerOf(headers: unknown, name: string): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const { get } = headers as { get?: unknown };
  if (typeof get === 'function') {
    const value: unknown = get.call(headers, name);
    return typeof value === 'string' ? value : undefined;
  }
  const pairs: Iterable<unknown> = Array.isArray(headers) ? headers : Object.entries(headers);
  for (const pair of pairs) {
    const [key, value] = pair as [unknown, unknown];
    if (typeof key === 'string' && key.toLowerCase() === name) return String(value);
  }
  return undefined;
}
