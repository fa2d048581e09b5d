import { record } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { traced } from '../common/traced.js';
import { asToolStep } from './tool-call.js';

type Handler = (this: unknown, request: unknown, ...rest: unknown[]) => unknown;

/** What versions 1 and 2 of the SDK have in common. */
export interface HandlesRequests {
  setRequestHandler(...args: unknown[]): unknown;
  /** Private to its type: what was registered before, by method. */
  readonly _requestHandlers?: unknown;
}

const TOOL_CALL = 'tools/call';

export function traceToolCalls(server: HandlesRequests, options: CallOptions): void {
  if (traced.has(server)) return;
  traced.add(server);
  const { setRequestHandler, _requestHandlers: registered } = server;
  // Of its own only on the face: the object keeps its class's method below.
  Object.defineProperty(server, 'setRequestHandler', {
    value(this: unknown, ...args: unknown[]): unknown {
      const handler = args.at(-1);
      // With schemas of its own, a handler is given parameters alone: the method is no tool call then.
      const wrapped =
        typeof handler === 'function' ? tracing(handler as Handler, options) : handler;
      return setRequestHandler.apply(this, [...args.slice(0, -1), wrapped]);
    },
    enumerable: false,
    configurable: true,
    writable: true,
  });
  if (!(registered instanceof Map)) return;
  const handler: unknown = registered.get(TOOL_CALL);
  if (typeof handler === 'function') {
    registered.set(TOOL_CALL, tracing(handler as Handler, options));
  }
}

function tracing(handler: Handler, options: CallOptions): Handler {
  return function tracedHandler(this: unknown, request, ...rest) {
    const { method, params } = record(request);
    const call = () => handler.call(this, request, ...rest);
    return method === TOOL_CALL ? asToolStep('server', options, params, call) : call();
  };
}
