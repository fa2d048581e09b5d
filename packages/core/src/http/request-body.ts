/** The request's body as an input: what the client sent, whoever parses it and whenever. */

import { onEmit } from '../trace/follow-readable.js';
import { BodyCapture } from './body-capture.js';
import { bodyText } from './body-value.js';
import type { RecordedRequest } from './request-trace.js';

/** The part of Node's IncomingMessage that is used here. */
export interface IncomingBody {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly readableEnded: boolean;
  emit(event: string | symbol, ...args: unknown[]): boolean;
}

export interface RequestBody {
  /** Whether a parser that ran before us has read it. */
  readonly isParsed: boolean;
  /** The JSON text of the body as a parser before us left it; undefined where it is still to come. */
  before(trace: RecordedRequest): string | undefined;
  /** The JSON text of the body as it passed by, or as a parser after us left it. */
  after(trace: RecordedRequest): string | undefined;
}

/**
 * Follows the body of a Node request without reading it: only what the app itself reads is seen.
 * @param parsed what a body parser has made of it so far
 * @returns undefined where the request has no body
 */
export function nodeRequestBody(
  req: IncomingBody,
  maxBytes: number,
  parsed: () => unknown,
): RequestBody | undefined {
  const length = req.headers['content-length'];
  if ((length === undefined || length === '0') && req.headers['transfer-encoding'] === undefined)
    return undefined;
  if (req.readableEnded) return parsedBody(parsed);
  const type = String(req.headers['content-type'] ?? '');
  // Its parts may be large files: only the fields that a parser makes of it are kept.
  if (type.startsWith('multipart/')) return parsedLater(parsed);
  const capture = new BodyCapture(maxBytes);
  onEmit(req, (event, chunk) => {
    if (event !== 'data') return;
    if (chunk instanceof Uint8Array) capture.add(chunk, chunk.byteLength);
    else if (typeof chunk === 'string') capture.add(chunk, chunk.length);
  });
  const encoding = req.headers['content-encoding'];
  return {
    isParsed: false,
    before: () => undefined,
    after: (trace) =>
      bodyText(trace, capture, {
        contentType: type,
        contentEncoding: encoding === undefined ? undefined : String(encoding),
      }),
  };
}

function parsedBody(parsed: () => unknown): RequestBody {
  return {
    isParsed: true,
    before: (trace) => trace.snapshot(parsed(), 'body'),
    after: () => undefined,
  };
}

function parsedLater(parsed: () => unknown): RequestBody {
  return {
    isParsed: false,
    before: () => undefined,
    after: (trace) => trace.snapshot(parsed() ?? '[multipart body]', 'body'),
  };
}
