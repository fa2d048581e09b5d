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
  for (const pair of pairsOf(headers)) {
    const [key, value] = pair as [unknown, unknown];
    if (typeof key !== 'string' || key.toLowerCase() !== name) continue;
    return value === undefined || value === null ? undefined : String(value);
  }
  return undefined;
}

/** Names and values of headers in an object or an array of pairs. */
function pairsOf(headers: object): Iterable<unknown> {
  return Array.isArray(headers) ? headers : Object.entries(headers);
}

/** Headers with a hash or a signature of the body: of AWS, Azure, Oracle and others, and those of the standards. */
const HASH_OF_BODY =
  /(^|-)((content|repr)-(sha\d+|digest|md5)|digest|signature(-input)?|hmac)(-|$)/i;
/** `AWS4-HMAC-SHA256`, `TC3-HMAC-SHA256`, `HMAC-SHA256`, `Signature`: schemes that sign the body. */
const SIGNING_SCHEME = /^\s*([\w-]*hmac[\w-]*|aws4[\w-]*|signature)\b/i;

/** Whether the headers of a request may sign its body, which must not be changed then. */
export function isSigned(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  const isIterable = typeof (headers as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
  const pairs = isIterable ? (headers as Iterable<unknown>) : pairsOf(headers);
  for (const pair of pairs) {
    const [key, value] = pair as [unknown, unknown];
    const name = String(key);
    if (HASH_OF_BODY.test(name)) return true;
    if (/^authorization$/i.test(name) && SIGNING_SCHEME.test(String(value))) return true;
  }
  return false;
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
