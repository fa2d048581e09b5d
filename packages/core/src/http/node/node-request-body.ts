/** The body of a Node request, captured without reading it: only what the app reads is captured. */

import { type Emitter, onEmit } from '../../follow/on-emit.js';
import { BodyCapture } from '../body/body-capture.js';
import type { RequestBody } from '../body/request-body.js';

/** The part of Node's IncomingMessage that is used. */
export interface IncomingBody extends Emitter {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly readableEnded: boolean;
  /** The encoding, if the app reads strings. */
  readonly readableEncoding?: string | null;
  /** The HTTP/2 stream: there, a body needs no header that announces it. */
  readonly stream?: { readonly endAfterHeaders?: boolean } | undefined;
}

const PARSED: RequestBody = {
  isParsed: true,
  capture: undefined,
  contentType: undefined,
  contentEncoding: undefined,
};

/** A body that cannot be captured: only the parsed body is recorded. */
const UNREAD: RequestBody = { ...PARSED, isParsed: false };

/** Not captured, since its parts may be large files. */
const MULTIPART: RequestBody = { ...UNREAD, contentType: 'multipart/form-data' };

/**
 * Captures the body of a Node request.
 * @returns undefined for a request without a body
 */
export function nodeRequestBody(req: IncomingBody, maxBytes: number): RequestBody | undefined {
  try {
    return followedBody(req, maxBytes);
  } catch {
    // The app changed the request so that reading it throws.
    return UNREAD;
  }
}

function followedBody(req: IncomingBody, maxBytes: number): RequestBody | undefined {
  const { headers } = req;
  const length = headers['content-length'];
  const isEmpty = length === '0' || (length === undefined && req.stream?.endAfterHeaders !== false);
  if (isEmpty && headers['transfer-encoding'] === undefined) return undefined;
  if (req.readableEnded) return PARSED;
  const contentType = headerOf(req, 'content-type');
  if (contentType?.startsWith('multipart/')) return MULTIPART;
  const capture = new BodyCapture(maxBytes);
  onEmit(req, (event, chunk) => {
    if (event !== 'data') return;
    if (chunk instanceof Uint8Array) capture.add(chunk, chunk.byteLength);
    else if (typeof chunk === 'string') capture.addText(chunk, req.readableEncoding);
  });
  return {
    isParsed: false,
    capture,
    contentType,
    contentEncoding: headerOf(req, 'content-encoding'),
  };
}

/** A header of a Node request; values in an array are joined. */
export function headerOf(
  { headers }: { readonly headers: IncomingBody['headers'] },
  name: string,
): string | undefined {
  const value = headers[name];
  if (Array.isArray(value)) return value.join(', ');
  // Requests of mocks may have other values.
  return typeof value === 'string' ? value : undefined;
}
