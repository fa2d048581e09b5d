/** Observes or changes the body of a response while the app reads it. */

import {
  type BodyChange,
  type BodyObserver,
  isNodeBody,
  reportFailure,
  runGuarded,
  tapNodeBody,
  tapStream,
} from '@openlayer-tracing/core/integration';
import { withSignatureOf } from '../../common/hooks/replace-method.js';
import { isPlainObject } from '../../common/json.js';

/**
 * Whether the body of the response can be observed, or is known to be empty. The body of a mock may be of any kind, and its methods
 * may return something else.
 */
export function isObservable(response: Response): boolean {
  const { body, bodyUsed, status } = response;
  if (body === null || isNodeBody(body)) return true;
  if (typeof body !== 'object' || !isAcceptedStatus(status)) return false;
  return (
    typeof body.getReader === 'function' && !body.locked && !bodyUsed && !isPlainObject(response)
  );
}

/** Whether `Response` accepts a body with the status. A fetch returns any status that the server sends. */
function isAcceptedStatus(status: unknown): boolean {
  if (typeof status !== 'number' || status < 200 || status > 599) return false;
  return status !== 204 && status !== 205 && status !== 304;
}

/**
 * The response with an observed body: the response itself if its body is a Node stream or cannot be observed, else a copy of it.
 * Never throws.
 * @param change changes the body as well; a response of node-fetch is then copied too
 */
export function observedResponse(
  response: Response,
  observer: BodyObserver,
  change?: BodyChange,
): unknown {
  try {
    const { body } = response;
    if (body === null || !isObservable(response)) {
      observer.ended();
      return response;
    }
    if (!isNodeBody(body)) return withBody(response, tapStream(body, observer, response, change));
    tapNodeBody(body, observer);
    // `NodeResponse` has the part of a response with such a body that is used.
    const fromNode = response as unknown as NodeResponse;
    return change === undefined ? response : withChangedNodeBody(fromNode, change);
  } catch (error) {
    reportFailure('response', error);
    runGuarded('response', () => observer.cancelled());
    return response;
  }
}

/** A copy of the response with another body. */
function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const { status, statusText, headers } = response;
  const head = { status, headers, ...(REASON_PHRASE.test(statusText) && { statusText }) };
  return withFactsInClones(withFactsOf(response, new Response(body, head)));
}

/** The status texts that `Response` accepts. A fetch returns any that the server sends. */
const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The facts of a response that its constructor does not accept. */
const FACTS = ['url', 'redirected', 'type', 'statusText'];

/** Gives the copy these facts, and what another library has added to the response. */
function withFactsOf<R extends object>(response: R, copy: R): R {
  const added = Object.keys(response).filter((key) => !(key in copy));
  return withValues(response, copy, [...FACTS, ...added]);
}

/** Gives the clones of a copy its facts, as the clones of any response have them. */
function withFactsInClones(copy: Response): Response {
  const { clone } = copy;
  const value = function cloneWithFacts(this: Response): Response {
    return withFactsInClones(withValues(this, clone.call(this), FACTS));
  };
  return Object.defineProperty(copy, 'clone', {
    value: withSignatureOf(clone, value),
    configurable: true,
    writable: true,
  });
}

function withValues<R extends object>(from: R, to: R, keys: readonly string[]): R {
  for (const key of keys) {
    const value: unknown = Reflect.get(from, key);
    if (value !== Reflect.get(to, key)) {
      Object.defineProperty(to, key, { value, configurable: true });
    }
  }
  return to;
}

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

interface NodeResponse {
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
function withChangedNodeBody(response: NodeResponse, change: BodyChange): NodeResponse {
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
