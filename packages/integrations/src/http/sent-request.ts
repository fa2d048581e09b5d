import {
  currentRecordedRequest,
  inRecordedRequest,
  recognizeAcrossCopies,
} from '@openlayer-tracing/core/integration';
import { fieldsNamed, isSameJson, type JsonObject } from '../common/json.js';
import { wordArray } from '../common/words.js';
import type { FetchInit, FetchInput } from './exchange/fetch-types.js';
import { hasBody, paramsOf, urlOf } from './request/read-request.js';

/** The fields that hold what a request says to a model. A fetch of the app may change others. */
const CONTENT = wordArray('messages input inputs contents prompt message texts query documents');

/**
 * A request that is recorded, while the wrapped fetch sends it. That fetch may be the app's, and may first send other requests, such
 * as one to a guardrail or for a token.
 */
export class SentRequest {
  readonly #input: FetchInput;
  readonly #body: unknown;
  readonly #params: () => JsonObject | undefined;

  /** @param params the fields of the body, if they have been read */
  constructor([input, init]: [FetchInput, FetchInit?], params: JsonObject | undefined) {
    this.#input = input;
    this.#body = init?.body;
    this.#params = () => params ?? paramsOf(init?.body);
  }

  /** Runs `send`, which sends the request. It may be traced as well: then it finds the request by `isRecordedByOuterFetch`. */
  run<R>(send: () => R): R {
    return inRecordedRequest(this, send);
  }

  /** Whether the arguments of a fetch are those of this request. */
  has(input: FetchInput, init: FetchInit | undefined): boolean {
    if (init?.body !== this.#body) return false;
    return hasBody(this.#body) || input === this.#input;
  }

  /** Whether the other request is this one with another URL, or with fields that the app's fetch has changed. */
  isLike(input: FetchInput, readParams: () => JsonObject | undefined): boolean {
    const params = readParams() ?? {};
    const sent = this.#params() ?? {};
    const content = fieldsNamed(params, CONTENT);
    if (Object.keys(content).length > 0 && isSameJson(content, fieldsNamed(sent, CONTENT))) {
      return true;
    }
    return params.model === sent.model && urlOf(input)?.href === urlOf(this.#input)?.href;
  }
}

// One copy or build of this package may trace the outer fetch, and another one the inner.
recognizeAcrossCopies(SentRequest, 'integrations.sent-request.v1');

/**
 * Whether a traced fetch around this one records the request.
 * @param readParams returns the fields of the body. Without it, a request that the app's fetch has changed is not recognised
 */
export function isRecordedByOuterFetch(
  input: FetchInput,
  init: FetchInit | undefined,
  readParams?: () => JsonObject | undefined,
): boolean {
  const sent = currentRecordedRequest();
  if (!(sent instanceof SentRequest)) return false;
  return sent.has(input, init) || (readParams !== undefined && sent.isLike(input, readParams));
}
