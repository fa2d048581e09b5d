/** The entry point for Cohere's client, with the first and the second API. */

import { inClientCall } from '@openlayer-tracing/core/integration';
import { partsOf } from './clients/client-parts.js';
import { assertChangeable } from './common/hooks/replace-method.js';
import { isTraced, markTraced } from './common/hooks/traced.js';
import { isObject } from './common/json.js';
import { CALL_OPTIONS, type CallOptions, checkOptions } from './common/options.js';
import { MethodCall } from './http/calls/method-call.js';
import type { ClientProfile } from './http/exchange/client-profile.js';
import type { AnyFetch, FetchInit, FetchInput } from './http/exchange/fetch-types.js';
import { traceFetch } from './http/trace-fetch.js';
import { bedrockInvoke } from './shapes/bedrock/invoke.js';
import { COHERE_UNREPORTED, cohereShapes } from './shapes/cohere.js';

export type { ContentPart } from './common/options.js';

export interface CohereOptions extends CallOptions {}

/** The options that a client keeps. Parts that it creates later copy them. */
interface KeptOptions {
  fetch?: AnyFetch | undefined;
  readonly maxRetries?: unknown;
}

/** A part of the client that keeps options, and may hold others. */
interface Part {
  readonly _options?: KeptOptions;
  readonly clientV2?: unknown;
}

/** The depth of the deepest part of a client: `client.audio.transcriptions`. */
const MAX_DEPTH = 3;

/**
 * Makes a Cohere client record each of its calls as a step of the current trace; outside a trace, as a trace of its own. The client
 * itself is changed, and behaves as before.
 *
 * @example
 * const cohere = traceCohere(new CohereClientV2({}));
 *
 * @returns the same client
 * @throws TypeError if the argument is no such client or is frozen, or an option is wrong
 */
export function traceCohere<Client extends object>(
  client: Client,
  options: CohereOptions = {},
): Client {
  checkOptions('traceCohere', options, CALL_OPTIONS);
  const profile: ClientProfile = {
    client: 'Cohere',
    provider: 'cohere',
    // The clients for Bedrock send the same requests to Bedrock.
    shapes: [...cohereShapes, ...bedrockInvoke],
    unreportedPaths: COHERE_UNREPORTED,
    isForAnyHost: false,
    options,
  };
  const parts = isObject(client) ? keptOptionsIn(client) : [];
  if (parts.length === 0) {
    throw new TypeError(
      'traceCohere(client) takes a client, such as traceCohere(new CohereClientV2({}))',
    );
  }
  for (const part of parts) {
    if (!isTraced(part)) assertChangeable('traceCohere', 'client', part, 'fetch');
  }
  for (const part of parts) traceOptions(part, profile);
  return client;
}

/** The options of the client and of its parts. The object that a `CohereClientV2` itself keeps is left out: it is the app's own. */
function keptOptionsIn(client: object): readonly KeptOptions[] {
  return partsOf<Part>(client, isPart, MAX_DEPTH)
    .filter(({ clientV2 }) => clientV2 === undefined)
    .map(({ _options }) => _options)
    .filter((options): options is KeptOptions => isObject(options));
}

function isPart(value: unknown): value is Part {
  return isObject(value) && isObject((value as Part)._options);
}

/** A minute and a fifth of it, which the client adds at random. */
const MAX_WAIT_MS = 72_000;

function traceOptions(kept: KeptOptions, profile: ClientProfile): void {
  if (!markTraced(kept)) return;
  const baseFetch: AnyFetch = kept.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const fetch = traceFetch(baseFetch, profile);
  /** Finds the call by the headers: all attempts of one call are sent with the same object. */
  const calls = new WeakMap<object, MethodCall>();
  const callWith = (headers: object) => {
    const before = calls.get(headers);
    if (before !== undefined) return before;
    const methodCall = new MethodCall({
      maxRetries: kept.maxRetries,
      maxBackoffMs: MAX_WAIT_MS,
      // The options of the call, which are not read, may state another number.
      isGuess: true,
      retriesFailures: false,
    });
    calls.set(headers, methodCall);
    return methodCall;
  };
  kept.fetch = function tracedFetch(input: FetchInput, init?: FetchInit): Promise<unknown> {
    const headers = init?.headers;
    return typeof headers === 'object' && headers !== null
      ? inClientCall(callWith(headers), () => fetch(input, init))
      : fetch(input, init);
  };
}
