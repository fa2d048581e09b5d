/** Cohere's client, of its first API and of its second. */

import { inClientCall } from '@openlayer-tracing/core/integration';
import { type CallOptions, checkOptions } from './common/options.js';
import { traced } from './common/traced.js';
import { ClientCall } from './http/client-call.js';
import type { Door } from './http/door.js';
import type { AnyFetch, FetchInit, FetchInput } from './http/fetch.js';
import { traceFetch } from './http/trace-fetch.js';
import { cohereShapes } from './shapes/cohere.js';

export type { ContentPart } from './common/options.js';

export interface CohereOptions extends CallOptions {}

/** What a client was made with, as it keeps it. Clients that it makes of itself later copy from it. */
interface KeptOptions {
  fetch?: AnyFetch | undefined;
  readonly maxRetries?: unknown;
}

/** A part of the client that keeps options. */
interface Part {
  readonly _options?: KeptOptions;
}

/** `CohereClient` is such a part, and may hold one for the second API; `CohereClientV2` holds one for each. */
interface CohereClient extends Part {
  readonly _v2?: Part;
  readonly client?: Part & { readonly _v2?: Part };
  readonly clientV2?: Part;
}

/**
 * Has a Cohere client record each of its calls as a step of the current trace; outside a trace, as a trace of its own.
 * The client stays the one that it is, and behaves as before.
 *
 * @example
 * const cohere = traceCohere(new CohereClientV2({}));
 *
 * @returns the client that was given
 * @throws TypeError where it is no such client, or an option is wrong
 */
export function traceCohere<Client extends object>(
  client: Client,
  options: CohereOptions = {},
): Client {
  checkOptions('traceCohere', options);
  const door: Door = { client: 'Cohere', provider: 'cohere', shapes: cohereShapes, options };
  const parts = partsOf(client);
  if (parts.length === 0) {
    throw new TypeError(
      'traceCohere(client) takes a client, such as traceCohere(new CohereClientV2({}))',
    );
  }
  for (const part of parts) traceOptions(part, door);
  return client;
}

/** The options of a `CohereClientV2` itself are the app's own object: only its parts keep copies. */
function partsOf(given: object | null): KeptOptions[] {
  const { client, clientV2, _options, _v2 } = (given ?? {}) as CohereClient;
  const parts = clientV2 === undefined ? [_options, _v2?._options] : [];
  parts.push(client?._options, client?._v2?._options, clientV2?._options);
  return parts.filter((part): part is KeptOptions => typeof part === 'object' && part !== null);
}

function traceOptions(kept: KeptOptions, door: Door): void {
  if (traced.has(kept)) return;
  traced.add(kept);
  const below: AnyFetch = kept.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const fetch = traceFetch(below, door);
  /** All tries of one request are made with the same headers, the very object. */
  const calls = new WeakMap<object, ClientCall>();
  const callWith = (headers: object) => {
    const known = calls.get(headers);
    if (known !== undefined) return known;
    const call = new ClientCall(kept);
    calls.set(headers, call);
    return call;
  };
  kept.fetch = function tracedFetch(input: FetchInput, init?: FetchInit): Promise<unknown> {
    const headers = init?.headers;
    return typeof headers === 'object' && headers !== null
      ? inClientCall(callWith(headers), () => fetch(input, init))
      : fetch(input, init);
  };
}
