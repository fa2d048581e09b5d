/** Observes or changes the body of a response while the app reads it. */

import {
  type BodyChange,
  type BodyObserver,
  isNodeBody,
  tapNodeBody,
  tapStream,
} from '@openlayer-tracing/core/integration';

/**
 * The response with an observed body: the response itself if its body is a Node stream or missing, else a copy of it.
 * @param change changes the body as well; a response of node-fetch is then copied too
 */
export function observedResponse(
  response: Response,
  observer: BodyObserver,
  change?: BodyChange,
): unknown {
  const { body } = response;
  if (body === null || body === undefined) {
    observer.ended();
    return response;
  }
  if (isNodeBody(body)) {
    tapNodeBody(body, observer);
    return change === undefined ? response : withChangedNodeBody(response as never, change);
  }
  return withBody(response, tapStream(body, observer, response, change));
}

/** A copy of the response with another body. */
function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const { status, statusText, headers, url, redirected, type } = response;
  const copy = new Response(body, { status, statusText, headers });
  // The constructor does not accept these.
  for (const [key, value] of Object.entries({ url, redirected, type })) {
    Object.defineProperty(copy, key, { value, configurable: true });
  }
  return copy;
}

/** The part of Node's streams that is used. Bodies of node-fetch are such streams. */
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

/** A copy of a response of node-fetch with a changed body; the response itself if the class of its body is unknown. */
function withChangedNodeBody(response: NodeResponse, change: BodyChange): NodeResponse {
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

/** Node's Transform, found among the prototypes of the body, so that nothing is imported from Node. */
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
