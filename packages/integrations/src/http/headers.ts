/** Reads the headers of requests and responses, in the form of any client. */

/**
 * The value of a header in `Headers`, an object or an array of pairs; undefined if it is missing.
 * @param name in lower case
 */
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
    if (typeof key !== 'string' || key.toLowerCase() !== name) continue;
    return value === undefined || value === null ? undefined : String(value);
  }
  return undefined;
}

/** The media type of a body, in lower case, with its parameters; '' if the headers state none. */
export function contentTypeIn(headers: unknown): string {
  return headerOf(headers, 'content-type')?.toLowerCase() ?? '';
}

const REQUEST_IDS = ['x-request-id', 'request-id', 'x-amzn-requestid'];

/** The id that the provider gave the request, from the headers of the response. */
export function requestIdIn(headers: unknown): string | undefined {
  return REQUEST_IDS.map((name) => headerOf(headers, name)).find(Boolean);
}
