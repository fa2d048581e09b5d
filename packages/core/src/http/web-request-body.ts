/** The body of a web request, followed without reading it: only what the app itself reads is seen. */

import { utf8Length } from '#platform';
import { jsonOf } from '../trace/json-text.js';
import { BodyCapture } from './body-capture.js';
import type { RequestBody } from './request-body.js';

/** The part of a web Request that is used here. */
export interface WebRequest {
  readonly method: string;
  readonly headers: { get(name: string): string | null };
}

/** How a body is read whole. */
const READING = ['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData'] as const;

/** What a framework keeps of a body that was read, by the name of the method that read it. */
export type ReadBodies = { readonly [name in (typeof READING)[number]]?: unknown };

/**
 * Follows the body of a web request: its methods tell what they read.
 * @param kept what the framework keeps of the body; it may come to hold more
 * @returns undefined where a request of this kind has no body
 */
export function webRequestBody(
  request: WebRequest,
  maxBytes: number,
  kept: ReadBodies = {},
): RequestBody | undefined {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  const body = new WebRequestBody(request, maxBytes, kept);
  if (Object.keys(kept).length > 0) body.look();
  else for (const name of READING) tell(request, name, (value) => body.take(value));
  return body;
}

/** Has a method of the request tell what it resolves to. */
function tell(request: object, name: string, take: (value: unknown) => void): void {
  const method: unknown = Reflect.get(request, name);
  if (typeof method !== 'function') return;
  const telling = (...args: unknown[]): unknown => {
    const result: unknown = Reflect.apply(method, request, args);
    if (!(result instanceof Promise)) return result;
    return result.then((value: unknown) => {
      take(value);
      return value;
    });
  };
  Object.defineProperty(request, name, { value: telling, configurable: true, writable: true });
}

class WebRequestBody implements RequestBody {
  readonly isParsed = false;
  readonly capture: BodyCapture;
  contentType: string | undefined;
  contentEncoding: string | undefined;
  readonly #kept: ReadBodies;
  readonly #isMultipart: boolean;

  constructor({ headers }: WebRequest, maxBytes: number, kept: ReadBodies) {
    this.capture = new BodyCapture(maxBytes);
    this.contentType = headers.get('content-type') ?? undefined;
    this.contentEncoding = headers.get('content-encoding') ?? undefined;
    this.#isMultipart = this.contentType?.startsWith('multipart/') === true;
    this.#kept = kept;
  }

  look(): void {
    for (const name of READING) {
      const read = this.#kept[name];
      // Whoever began to read it hears of its failure.
      if (read !== undefined)
        Promise.resolve(read).then(
          (value) => this.take(value),
          () => {},
        );
    }
  }

  /** Keeps what the body was read as, the first time. Never throws. */
  take(value: unknown): void {
    try {
      if (this.capture.bytes === 0) this.#keep(value);
    } catch {
      // What cannot be kept is left out.
    }
  }

  #keep(value: unknown): void {
    if (value instanceof FormData) {
      this.#keepValue(fieldsOf(value));
    } else if (this.#isMultipart) {
      // Its parts may be large files: only the fields that a parser makes of it are kept.
    } else if (typeof value === 'string') {
      this.capture.add(value, utf8Length(value));
    } else if (value instanceof ArrayBuffer || value instanceof Uint8Array) {
      this.capture.add(new Uint8Array(value), value.byteLength);
    } else if (!(value instanceof Blob)) {
      this.#keepValue(value);
    }
  }

  #keepValue(value: unknown): void {
    const text = value === undefined ? '' : jsonOf(value);
    this.contentType = 'application/json';
    this.contentEncoding = undefined;
    this.capture.add(text, utf8Length(text));
  }
}

/** A form's fields by name; a list where a name comes more than once. Files are named. */
function fieldsOf(form: FormData): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = Object.create(null);
  for (const [name, value] of form) {
    const field = typeof value === 'string' ? value : `[${value.type}: ${value.size} bytes]`;
    const before = fields[name];
    if (before === undefined) fields[name] = field;
    else if (Array.isArray(before)) before.push(field);
    else fields[name] = [before, field];
  }
  return fields;
}
