/** The body of a request, followed without reading it: only what the app itself reads is seen. */

import { onEmit } from '../trace/follow-readable.js';
import { BodyCapture } from './body-capture.js';
import type { BodyFacts } from './body-value.js';

/** The part of Node's IncomingMessage that is used here. */
export interface IncomingBody {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly readableEnded: boolean;
  /** Of HTTP/2, where a body needs no header that announces it. */
  readonly stream?: { readonly endAfterHeaders?: boolean } | undefined;
  emit(event: string | symbol, ...args: unknown[]): boolean;
}

export interface RequestBody extends BodyFacts {
  /** Whether a parser that ran before us has read it. */
  readonly isParsed: boolean;
  /** The bytes that the app reads; undefined where only what a parser makes of them is kept. */
  readonly capture: BodyCapture | undefined;
  /** Looks for what the app has made of it by now. */
  look?(): void;
}

const PARSED: RequestBody = {
  isParsed: true,
  capture: undefined,
  contentType: undefined,
  contentEncoding: undefined,
};

/** Of a body that is not seen, only what a parser makes of it is kept. */
const UNSEEN: RequestBody = { ...PARSED, isParsed: false };

/** Its parts may be large files. */
const MULTIPART: RequestBody = { ...UNSEEN, contentType: 'multipart/form-data' };

/**
 * Follows the body of a Node request.
 * @returns undefined where the request has no body
 */
export function nodeRequestBody(req: IncomingBody, maxBytes: number): RequestBody | undefined {
  try {
    return followedBody(req, maxBytes);
  } catch {
    // The app has made something of its own of the request.
    return UNSEEN;
  }
}

function followedBody(req: IncomingBody, maxBytes: number): RequestBody | undefined {
  const { headers } = req;
  const length = headers['content-length'];
  const isEmpty = length === '0' || (length === undefined && req.stream?.endAfterHeaders !== false);
  if (isEmpty && headers['transfer-encoding'] === undefined) return undefined;
  if (req.readableEnded) return PARSED;
  const contentType = textOf(headers['content-type']);
  if (contentType?.startsWith('multipart/')) return MULTIPART;
  const capture = new BodyCapture(maxBytes);
  onEmit(req, (event, chunk) => {
    if (event !== 'data') return;
    if (chunk instanceof Uint8Array) capture.add(chunk, chunk.byteLength);
    else if (typeof chunk === 'string') capture.add(chunk, chunk.length);
  });
  return {
    isParsed: false,
    capture,
    contentType,
    contentEncoding: textOf(headers['content-encoding']),
  };
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}
