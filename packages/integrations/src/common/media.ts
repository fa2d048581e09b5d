/** Names media instead of copying them: `[image/png, 48213 bytes]`. */

/** Keys that hold bytes as base64 in the requests and answers of the providers. */
const BASE64_KEY =
  /^(data|file_data|b64_json|partial_image_b64|images?|audio|bytes|image_?bytes)$/i;
const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?(;[\w=.+-]+)*;base64,/;
/** Shorter ones may be texts. */
const SHORTEST_BASE64 = 256;
const MAX_DEPTH = 16;

/** The same value with its media named. What holds none is not copied. */
export function nameMedia(value: unknown, key = '', depth = 0): unknown {
  if (typeof value === 'string') return namedText(value, key);
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  const bytes = byteLengthOf(value);
  if (bytes !== undefined) return `[${mediaTypeOf(value)}, ${bytes} bytes]`;
  if (Array.isArray(value)) {
    const named = value.map((item) => nameMedia(item, key, depth + 1));
    return named.some((item, i) => item !== value[i]) ? named : value;
  }
  let copy: Record<string, unknown> | undefined;
  for (const [name, item] of Object.entries(value)) {
    const named = nameMedia(item, name, depth + 1);
    if (named === item) continue;
    copy ??= { ...value };
    copy[name] = named;
  }
  return copy ?? value;
}

function namedText(text: string, key: string): string {
  const head = text.startsWith('data:') ? DATA_URL.exec(text.slice(0, 256)) : null;
  if (head !== null) {
    return `[${head[1] ?? 'data'}, ${base64Length(text.length - head[0].length)} bytes]`;
  }
  const isBase64 =
    text.length >= SHORTEST_BASE64 &&
    BASE64_KEY.test(key) &&
    /^[A-Za-z0-9+/_-]+={0,2}$/.test(text.slice(0, 1024));
  return isBase64 ? `[base64, ${base64Length(text.length)} bytes]` : text;
}

function base64Length(chars: number): number {
  return Math.floor((chars * 3) / 4);
}

/** Of a Blob, a File or bytes in memory. */
function byteLengthOf(value: object): number | undefined {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength;
  return value instanceof Blob ? value.size : undefined;
}

function mediaTypeOf(value: object): string {
  if (!(value instanceof Blob)) return 'binary';
  const { name } = value as { name?: unknown };
  const type = value.type || 'binary';
  return typeof name === 'string' ? `${name}, ${type}` : type;
}
