import { fieldsMayBeSlow } from '#platform';
import { defineTraceProperty } from '../trace/trace-property.js';
import { followerOf } from './node-response.js';
import { observeResponses } from './observed-prototypes.js';

/**
 * Before V8 12, adding fields to requests and responses whose prototype was swapped costs microseconds. There, defines `trace`
 * on the prototype of requests and observes the prototype of responses. On newer engines it does nothing.
 * @param requestOf returns the request with which the trace began, or an alias of it
 */
export function prepareSlowPrototypes<Req extends object>(
  request: Req | undefined,
  response: object | undefined,
  requestOf: (holder: Req) => object,
): void {
  if (!fieldsMayBeSlow) return;
  // A mounted app inherits from the one that it is mounted in.
  if (request !== undefined && !('trace' in request)) defineTraceProperty(request, requestOf);
  if (response !== undefined) observeResponses(response, followerOf);
}
