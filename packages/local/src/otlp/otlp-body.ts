import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { Refusal } from '../http/refusal.js';
import { Malformed } from './malformed.js';
import type { OtlpSpans } from './otlp-span.js';
import { readJson } from './read-json.js';
import { readProtobuf } from './read-protobuf.js';

export type OtlpFormat = 'protobuf' | 'json';

/** The format of a `Content-Type`; undefined for another one. */
export function formatOf(contentType: string): OtlpFormat | undefined {
  const type = contentType.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/x-protobuf') return 'protobuf';
  return type === 'application/json' ? 'json' : undefined;
}

/** A request's body and the headers that state how to read it. */
export interface OtlpBody {
  readonly body: Buffer;
  readonly contentType: string;
  /** `Content-Encoding`; empty for none. */
  readonly encoding: string;
}

/** The platform's own words for a body that is not protobuf. */
const NO_PROTOBUF = 'Failed to parse OpenTelemetry protobuf data';

/**
 * The spans of a body.
 * @param maxBytes limit of the body after decompression
 * @param acceptsJson false to refuse JSON as the platform does
 * @throws Refusal 400, 413 or 415
 */
export function spansOf(
  { body, contentType, encoding }: OtlpBody,
  { maxBytes, acceptsJson }: { readonly maxBytes: number; readonly acceptsJson: boolean },
): OtlpSpans {
  const format = formatOf(contentType);
  if (format === undefined) {
    throw new Refusal(415, 'Content-Type must be application/x-protobuf or application/json');
  }
  const bytes = decompressed(body, encoding, maxBytes);
  if (format === 'json' && !acceptsJson) throw new Refusal(400, NO_PROTOBUF);
  try {
    return format === 'json' ? readJson(bytes) : readProtobuf(bytes);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const what = format === 'json' ? 'Failed to parse OpenTelemetry JSON data' : NO_PROTOBUF;
    throw new Refusal(400, `${what}: ${error.message}`);
  }
}

type Decompress = (body: Buffer, options: { readonly maxOutputLength: number }) => Buffer;

const DECOMPRESS = new Map<string, Decompress>([
  ['', (body) => body],
  ['identity', (body) => body],
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
]);

/** Synchronous, so that only one large body at a time is in memory whole. */
function decompressed(body: Buffer, encoding: string, maxBytes: number): Buffer {
  const decompress = DECOMPRESS.get(encoding.trim().toLowerCase());
  if (!decompress) {
    throw new Refusal(415, 'Content-Encoding must be gzip, deflate or br, or left out');
  }
  try {
    return decompress(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Refusal(413, `the decompressed body is longer than ${maxBytes} bytes`);
    }
    throw new Refusal(400, `the body is not valid ${encoding}`);
  }
}
