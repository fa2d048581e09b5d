/** Copies responses of node-fetch, whose bodies are Node streams, with a changed body. */

import { type BodyChange, runGuarded } from '@openlayer-tracing/core/integration';
import { withFactsOf } from './response-facts.js';

/** The part of Node's streams that is used. Bodies of node-fetch are such streams. */
interface NodeStream {
  pipe<T>(target: T): T;
  on(event: string, listener: (argument: unknown) => void): unknown;
  destroy(error?: unknown): unknown;
  readonly readableEnded?: boolean;
}

interface NodeTransform extends NodeStream {
  push(bytes: Uint8Array): unknown;
}

export interface NodeResponse {
  readonly body: NodeStream;
  readonly status: number;
  readonly statusText: string;
  readonly headers: unknown;
  readonly url: string;
  readonly size?: unknown;
  readonly timeout?: unknown;
  readonly highWaterMark?: unknown;
}

type Done = (error?: unknown, bytes?: Uint8Array) => void;

/**
 * A copy of a response of node-fetch with a changed body; the response itself if the class of its body is unknown, or its own class
 * is not like that of node-fetch.
 */
export function withChangedNodeBody(response: NodeResponse, change: BodyChange): NodeResponse {
  const { body } = response;
  const Transform = transformOf(body);
  if (Transform === undefined) return response;
  const changed = new Transform({
    // What a transform throws would be an uncaught exception of the process.
    transform: (bytes: Uint8Array, _encoding: string, done: Done) => {
      const kept = runGuarded('chunk', () => change.chunk(bytes)) ?? bytes;
      if (kept.byteLength > 0) done(null, kept);
      else done();
    },
    flush: (done: Done) =>
      done(
        null,
        runGuarded('ended', () => change.end()),
      ),
  });
  const copy = copyOf(response, changed);
  // Nothing has been read of the body yet: the app can still read it.
  if (copy === undefined) return response;
  body.on('error', (error) => changed.destroy(error));
  body.on('close', () => {
    if (body.readableEnded !== true) changed.destroy();
  });
  changed.on('close', () => body.destroy());
  body.pipe(changed);
  return copy;
}

/** A copy that the response's own class makes; undefined if the class does not take a body and its facts. */
function copyOf(response: NodeResponse, body: NodeStream): NodeResponse | undefined {
  const { status, statusText, headers, url, size, timeout, highWaterMark } = response;
  const ResponseOfItsKind = response.constructor as new (
    body: unknown,
    head: object,
  ) => NodeResponse;
  try {
    const head = { status, statusText, headers, url, size, timeout, highWaterMark };
    const copy = new ResponseOfItsKind(body, head);
    const isCopy =
      copy instanceof ResponseOfItsKind && copy.body === body && copy.status === status;
    return isCopy ? withFactsOf(response, copy) : undefined;
  } catch {
    return undefined;
  }
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
