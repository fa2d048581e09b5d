/** Observes or changes the body of a response while the app reads it. */

import {
  type BodyChange,
  type BodyObserver,
  isNodeBody,
  observedStream,
  observeNodeBody,
  reportFailure,
  runGuarded,
} from '@openlayer-tracing/core/integration';
import { withSignatureOf } from '../../common/hooks/replace-method.js';
import { isPlainObject } from '../../common/json.js';
import { type NodeResponse, withChangedNodeBody } from './changed-node-body.js';
import { FACTS, withFactsOf, withValues } from './response-facts.js';

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
    if (!isNodeBody(body))
      return withBody(response, observedStream(body, observer, response, change));
    observeNodeBody(body, observer);
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
