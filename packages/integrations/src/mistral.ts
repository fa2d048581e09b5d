/** Mistral's client. */

import { inClientCall } from '@openlayer-tracing/core/integration';
import { type CallOptions, checkOptions } from './common/options.js';
import { traced } from './common/traced.js';
import { ClientCall } from './http/client-call.js';
import { traceFetch } from './http/trace-fetch.js';
import { mistralShapes } from './shapes/mistral.js';

export type { ContentPart } from './common/options.js';

export interface MistralOptions extends CallOptions {}

/** The part of its own HTTP client that Mistral's client uses. */
interface HttpClient {
  request(request: Request): Promise<Response>;
  clone(): HttpClient;
}

/** What all parts of the client are made with. */
interface KeptOptions {
  httpClient?: HttpClient;
  readonly hooks: {
    registerBeforeRequestHook(hook: {
      beforeRequest(context: RequestContext, request: Request): Request;
    }): void;
  };
}

/** The same object for all tries of one request. */
interface RequestContext {
  readonly retryConfig?: { readonly strategy?: unknown };
}

/**
 * Has a Mistral client record each of its calls as a step of the current trace; outside a trace, as a trace of its own.
 * The client stays the one that it is, and behaves as before. Trace it before it is used: its parts, such as `chat`,
 * are made at their first use and do not change afterwards.
 *
 * @example
 * const mistral = traceMistral(new Mistral());
 *
 * @returns the client that was given
 * @throws TypeError where it is no such client, or an option is wrong
 */
export function traceMistral<Client extends object>(
  client: Client,
  options: MistralOptions = {},
): Client {
  checkOptions('traceMistral', options);
  const { _options: kept } = (client ?? {}) as { _options?: Partial<KeptOptions> };
  if (typeof kept?.hooks?.registerBeforeRequestHook !== 'function') {
    throw new TypeError('traceMistral(client) takes a client, such as traceMistral(new Mistral())');
  }
  if (!traced.has(kept as KeptOptions)) {
    traced.add(kept as KeptOptions);
    trace(kept as KeptOptions, options);
  }
  return client;
}

function trace(kept: KeptOptions, options: MistralOptions): void {
  const calls = new WeakMap<RequestContext, ClientCall>();
  const callOf = new WeakMap<Request, ClientCall>();
  kept.hooks.registerBeforeRequestHook({
    beforeRequest(context, request) {
      let call = calls.get(context);
      if (call === undefined) {
        const isRetried = context.retryConfig?.strategy === 'backoff';
        call = new ClientCall({ maxRetries: isRetried ? Number.POSITIVE_INFINITY : 0 });
        calls.set(context, call);
      }
      callOf.set(request, call);
      return request;
    },
  });
  const below = kept.httpClient ?? PLAIN;
  const request = traceFetch((asked: Request) => below.request(asked), {
    client: 'Mistral',
    provider: 'mistral',
    shapes: mistralShapes,
    options,
  });
  // What the app gave stays as it is.
  const above = Object.create(below) as HttpClient;
  above.request = (asked) => {
    const call = callOf.get(asked);
    return call === undefined ? request(asked) : inClientCall(call, () => request(asked));
  };
  kept.httpClient = above;
}

/** What the client does where it is given none. */
const PLAIN: HttpClient = {
  request: (request) => fetch(request),
  clone: () => PLAIN,
};
