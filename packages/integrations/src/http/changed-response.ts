/** Responses that differ in their body alone. */

import type { BodyChange } from '@openlayer-tracing/core/integration';

/** A response of fetch's with another body. */
export function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const { status, statusText, headers, url, redirected, type } = response;
  const copy = new Response(body, { status, statusText, headers });
  // What no constructor takes.
  for (const [key, value] of Object.entries({ url, redirected, type })) {
    Object.defineProperty(copy, key, { value, configurable: true });
  }
  return copy;
}

/** The part of Node's streams that node-fetch's bodies are made of. */
interface NodeStream {
  pipe<T>(target: T): T;
  on(event: string, listener: (argument: unknown) => void): unknown;
  destroy(error?: unknown): unknown;
}

interface NodeTransform extends NodeStream {
  push(bytes: Uint8Array): unknown;
}

interface NodeResponse {
  readonly body: NodeStream;
  readonly status: number;
  readonly statusText: string;
  readonly headers: unknown;
  readonly url: string;
}

type Done = (error?: unknown, bytes?: Uint8Array) => void;

/** A response of node-fetch's whose body is changed on its way; the same one where its stream is of no kind that is known. */
export function withChangedNodeBody(response: NodeResponse, change: BodyChange): NodeResponse {
  const { body, status, statusText, headers, url } = response;
  const Transform = transformOf(body);
  if (Transform === undefined) return response;
  const changed = new Transform({
    transform: (bytes: Uint8Array, _encoding: string, done: Done) => {
      const kept = change.chunk(bytes);
      if (kept.byteLength > 0) done(null, kept);
      else done();
    },
    flush: (done: Done) => done(null, change.end()),
  });
  body.on('error', (error) => changed.destroy(error));
  changed.on('close', () => body.destroy());
  const ResponseOfItsKind = response.constructor as new (
    body: unknown,
    head: object,
  ) => NodeResponse;
  return new ResponseOfItsKind(body.pipe(changed), { status, statusText, headers, url });
}

/** Node's Transform, found among what the body is: so nothing has to be imported from Node. */
function transformOf(body: object): (new (options: object) => NodeTransform) | undefined {
  for (let at: object | null = body; at !== null; at = Object.getPrototypeOf(at)) {
    const found: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
    if (typeof found === 'function' && found.name === 'Transform') {
      return found as new (
        options: object,
      ) => NodeTransform;
    }
  }
  return undefined;
}
