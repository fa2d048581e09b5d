import { runGuarded } from '@openlayer-tracing/core/integration';
import { replaceMethod } from '../common/hooks/replace-method.js';
import { objectOrEmpty } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import type { RequestKind } from './request-kinds.js';
import { runRequest } from './run-request.js';

type Handler = (this: unknown, request: unknown, ...rest: unknown[]) => unknown;

/** The part of clients and servers that versions 1 and 2 of the SDK have in common. */
export interface RequestReceiver {
  setRequestHandler(...args: unknown[]): unknown;
  /** The handlers that are registered already, by method. Private in the SDK's types. */
  readonly _requestHandlers?: unknown;
}

/** Makes a client or server record the requests that it handles, with handlers that are registered already or later. */
export function traceHandlers(
  side: RequestReceiver,
  kinds: readonly RequestKind[],
  options: CallOptions,
): void {
  const { _requestHandlers: registered } = side;
  replaceMethod(side, 'setRequestHandler', (setRequestHandler) => {
    return function tracedSetRequestHandler(this: unknown, ...args: unknown[]): unknown {
      const handler = args.at(-1);
      // A handler with its own schemas receives only parameters. Its method is not one of the protocol, and is not recorded.
      const wrapped =
        typeof handler === 'function' ? tracedHandler(handler as Handler, kinds, options) : handler;
      return setRequestHandler.apply(this, [...args.slice(0, -1), wrapped]);
    };
  });
  if (!(registered instanceof Map)) return;
  for (const { method } of kinds) {
    const handler: unknown = registered.get(method);
    if (typeof handler === 'function')
      registered.set(method, tracedHandler(handler as Handler, kinds, options));
  }
}

function tracedHandler(
  handler: Handler,
  kinds: readonly RequestKind[],
  options: CallOptions,
): Handler {
  return function tracedHandler(this: unknown, request, ...rest) {
    const { method, params } = objectOrEmpty(request);
    const call = () => handler.call(this, request, ...rest);
    const kind = kinds.find((each) => each.method === method);
    if (kind === undefined) return call();
    const signal = runGuarded('request', () => signalIn(rest[0]));
    return runRequest({ side: 'handler', kind, params, signal }, options, call);
  };
}

/** By which the other side may abort the request. Version 2 of the SDK has it among what belongs to the request. */
function signalIn(context: unknown): unknown {
  const { signal, mcpReq } = objectOrEmpty(context);
  return signal ?? objectOrEmpty(mcpReq).signal;
}
