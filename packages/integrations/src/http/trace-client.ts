/** Makes a client of the Stainless family (OpenAI's, Anthropic's, Groq's, Together's) trace itself. */

import { inClientCall, isUntraced, reportFailure } from '@openlayer-tracing/core/integration';
import { traced } from '../common/traced.js';
import { ClientCall } from './client-call.js';
import type { Door } from './door.js';
import type { AnyFetch } from './fetch.js';
import { traceFetch } from './trace-fetch.js';

/** What these clients have in common, some of it private to their types. */
interface StainlessClient {
  fetch: AnyFetch;
  request(options: unknown, ...rest: unknown[]): unknown;
  withOptions?(...args: unknown[]): StainlessClient;
  readonly maxRetries?: unknown;
}

/**
 * Has every request of the client go through a fetch that records it. Nothing that the client returns is touched.
 * @throws TypeError where the client is none of the family
 */
export function traceClient(given: object, door: Door, name: string): void {
  const client = given as Partial<StainlessClient> | null;
  if (typeof client !== 'object' || typeof client?.fetch !== 'function') {
    throw new TypeError(`${name}(client) takes a client, such as ${name}(new ${door.client}())`);
  }
  if (traced.has(client)) return;
  traced.add(client);
  trace(client as StainlessClient, door);
}

function trace(client: StainlessClient, door: Door): void {
  client.fetch = traceFetch(client.fetch, door);
  const { request, withOptions } = client;
  if (typeof request === 'function') {
    hide(client, 'request', function tracedRequest(this: StainlessClient, ...args) {
      const call = beginCall(this, args[0]);
      return call === undefined
        ? request.apply(this, args as [unknown])
        : inClientCall(call, () => request.apply(this, args as [unknown]));
    });
  }
  if (typeof withOptions === 'function') {
    hide(client, 'withOptions', function tracedWithOptions(this: StainlessClient, ...args) {
      const copy = withOptions.apply(this, args);
      // It has taken the fetch along, but for one of its own in the options.
      if (!traced.has(copy)) {
        traced.add(copy);
        trace(copy, door);
      }
      return copy;
    });
  }
}

/** All tries of one request belong together. Never throws. */
function beginCall(client: StainlessClient, options: unknown): ClientCall | undefined {
  try {
    if (isUntraced()) return undefined;
    const call = new ClientCall(client);
    // The client awaits the same promise, so a rejection of it is nobody's but the client's.
    if (options instanceof Promise)
      options.then(
        (value) => call.takeOptions(value),
        () => {},
      );
    else call.takeOptions(options);
    return call;
  } catch (error) {
    reportFailure('call', error);
    return undefined;
  }
}

/** A method that does not show among the client's own keys, as those of its class do not. */
function hide<K extends 'request' | 'withOptions'>(
  client: StainlessClient,
  key: K,
  method: (this: StainlessClient, ...args: unknown[]) => unknown,
): void {
  Object.defineProperty(client, key, {
    value: method,
    enumerable: false,
    configurable: true,
    writable: true,
  });
}
