/** The body of a web request, captured without reading it: only what the app reads is captured. */

import { utf8Length } from '#platform';
import { defineMethod, methodNamed } from '../../follow/observe/replace-method.js';
import { fileMark } from '../../values/snapshot/value-marks.js';
import { fieldsByName } from '../../values/text/form-fields.js';
import { BodyCapture } from '../body/body-capture.js';
import { kindOf, mediaType } from '../body/body-facts.js';
import type { RequestBody } from '../body/request-body.js';
import { jsonHead } from './json-head.js';

/** The part of a web Request that is used. */
export interface WebRequest {
  readonly method: string;
  readonly headers: { get(name: string): string | null };
}

/** The characters of a parsed body that are read at most. */
const MAX_READ_CHARS = 4_194_304;

/** The methods that read a whole body. */
const READING_METHODS = ['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData'] as const;

/** A framework's cache of bodies that were read, by the name of the method that read them. */
export type ReadBodies = { readonly [name in (typeof READING_METHODS)[number]]?: unknown };

/**
 * Captures the body of a web request when the app reads it, by replacing its reading methods.
 * @param kept the framework's cache of the body, to which it may add later
 * @returns undefined for a GET or HEAD request
 */
export function webRequestBody(
  request: WebRequest,
  maxBytes: number,
  kept: ReadBodies = {},
): RequestBody | undefined {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  const body = new WebRequestBody(request, maxBytes, kept);
  if (Object.keys(kept).length > 0) body.readCached();
  else
    for (const name of READING_METHODS) observeMethod(request, name, (value) => body.record(value));
  return body;
}

/** Replaces a method of the request, to call `record` with its result. */
function observeMethod(request: object, name: string, record: (value: unknown) => void): void {
  const method = methodNamed(request, name);
  if (method === undefined) return;
  // A frozen request is left as it is.
  defineMethod(request, name, (...args: unknown[]): unknown => {
    const result: unknown = Reflect.apply(method, request, args);
    if (!(result instanceof Promise)) return result;
    return result.then((value: unknown) => {
      record(value);
      return value;
    });
  });
}

class WebRequestBody implements RequestBody {
  readonly isParsed = false;
  readonly capture: BodyCapture;
  contentType: string | undefined;
  contentEncoding: string | undefined;
  readonly #kept: ReadBodies;
  readonly #isMultipart: boolean;
  /** By the header; undefined if it is missing, or states the length of the compressed body. */
  readonly #length: number | undefined;

  constructor({ headers }: WebRequest, maxBytes: number, kept: ReadBodies) {
    this.capture = new BodyCapture(maxBytes);
    this.contentType = headers.get('content-type') ?? undefined;
    this.contentEncoding = headers.get('content-encoding') ?? undefined;
    if (kindOf(mediaType(this.contentType)) === 'form') this.capture.setForm(true);
    this.#isMultipart = this.contentType?.startsWith('multipart/') === true;
    this.#kept = kept;
    this.#length = this.contentEncoding === undefined ? lengthIn(headers) : undefined;
  }

  readCached(): void {
    for (const name of READING_METHODS) {
      const read = this.#kept[name];
      // A rejection is handled by the code that reads the body.
      if (read !== undefined)
        Promise.resolve(read).then(
          (value) => this.record(value),
          () => {},
        );
    }
  }

  /** Captures the first value that the body was read as. Never throws. */
  record(value: unknown): void {
    try {
      if (this.capture.bytes === 0) this.#keep(value);
    } catch {
      // A value that cannot be converted is left out.
    }
  }

  #keep(value: unknown): void {
    if (value instanceof FormData) {
      this.#keepValue(fieldsByName(textsOf(value)));
    } else if (this.#isMultipart) {
      // Not captured, since its parts may be large files. Parsed fields are captured above.
    } else if (typeof value === 'string' || value instanceof Uint8Array) {
      this.capture.addChunk(value, undefined);
    } else if (value instanceof ArrayBuffer) {
      this.capture.addChunk(new Uint8Array(value), undefined);
    } else if (!(value instanceof Blob)) {
      this.#keepValue(value);
    }
  }

  #keepValue(value: unknown): void {
    this.contentType = 'application/json';
    this.capture.setForm(false);
    this.contentEncoding = undefined;
    if (value === undefined) return;
    const { capture } = this;
    const head = jsonHead(value, capture.room);
    // Of a longer one, the capture keeps an excerpt.
    const { text, isWhole } = head.isWhole ? head : jsonHead(value, MAX_READ_CHARS);
    const byteLength = utf8Length(text);
    capture.add(text, byteLength);
    if (head.isWhole) return;
    const length = this.#length;
    const isKnown = length !== undefined && length >= byteLength;
    if (isKnown) capture.addUnseen(length - byteLength);
    else if (!isWhole) capture.addUnseen(undefined);
  }
}

/** The length that the headers state; undefined if they do not. */
export function lengthIn(headers: WebRequest['headers']): number | undefined {
  const header = headers.get('content-length');
  return header !== null && /^\d+$/.test(header) ? Number(header) : undefined;
}

/** The fields of a form; a mark for each file. */
function* textsOf(form: FormData): Generator<readonly [name: string, text: string]> {
  for (const [name, value] of form) {
    yield [name, typeof value === 'string' ? value : fileMark(value.name, value.type, value.size)];
  }
}
