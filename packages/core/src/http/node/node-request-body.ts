/** The body of a Node request, captured without reading it: only what the app reads is captured. */

import { encoded } from '#platform';
import { type Emitter, emitterBehind, onEmit } from '../../follow/observe/on-emit.js';
import { assignMethod, methodNamed } from '../../follow/observe/replace-method.js';
import { headerOf } from '../../platform/message-header.js';
import { BodyCapture } from '../body/body-capture.js';
import { kindOf, mediaType } from '../body/body-facts.js';
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
  capture.setEnded(false);
  if (kindOf(mediaType(contentType)) === 'form') capture.setForm(true);
  const chunks = new EmittedChunks(req, capture, Number(length));
  onEmit(req, (event, chunk) => {
    if (event === 'data') chunks.add(chunk);
    else if (event === 'end') capture.setEnded(true);
  });
  return {
    isParsed: false,
    capture,
    contentType,
    contentEncoding: headerOf(req, 'content-encoding'),
  };
}

/** Captures the chunks that a request emits. */
class EmittedChunks {
  readonly #req: IncomingBody;
  readonly #capture: BodyCapture;
  /** By the header; NaN without it. */
  readonly #length: number;
  #isUnshiftSeen = false;
  /** Bytes that the app has put back, which are emitted again before all others. */
  #putBack = 0;

  constructor(req: IncomingBody, capture: BodyCapture, length: number) {
    this.#req = req;
    this.#capture = capture;
    this.#length = length;
  }

  add(chunk: unknown): void {
    // Only what was emitted can be put back.
    if (!this.#isUnshiftSeen) this.#observeUnshift();
    if (this.#putBack > 0) {
      const bytes = bytesOf(chunk, this.#req.readableEncoding);
      const known = Math.min(this.#putBack, bytes.byteLength);
      this.#putBack -= known;
      if (known < bytes.byteLength) this.#capture.add(bytes.subarray(known), bytes.length - known);
    } else {
      this.#capture.addChunk(chunk, this.#req.readableEncoding);
    }
    // An app may stop reading once it has all bytes.
    if (this.#capture.bytes === this.#length) this.#capture.setEnded(true);
  }

  #observeUnshift(): void {
    this.#isUnshiftSeen = true;
    const request = emitterBehind(this.#req);
    const original = methodNamed(request, 'unshift');
    if (original === undefined) return;
    const onUnshift = ([chunk, encoding]: readonly unknown[]) => {
      this.#putBack += bytesOf(chunk, encoding).byteLength;
    };
    assignMethod(request, 'unshift', function unshift(this: unknown, ...args: unknown[]) {
      // A flowing request emits the chunk at once.
      onUnshift(args);
      return original.apply(this, args);
    });
  }
}

function bytesOf(chunk: unknown, encoding: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk !== 'string') return new Uint8Array();
  return encoded(chunk, typeof encoding === 'string' ? encoding : 'utf8') ?? new Uint8Array();
}
