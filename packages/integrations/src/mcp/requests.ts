/** Records the requests that a client or server sends, by methods of the SDK or by `request`. */

import { currentStep, runGuarded, type Step } from '@openlayer-tracing/core/integration';
import { thrownError } from '../common/failures/call-error.js';
import { replaceMethod } from '../common/hooks/replace-method.js';
import { objectOrEmpty } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import type { RequestKind } from './request-kinds.js';
import { type McpRequest, runRequest } from './run-request.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** An open request. */
interface OpenRequest {
  /** What the app called: the client or server itself, or what wraps it. */
  readonly receiver: unknown;
  /** The method of the protocol. */
  readonly method: string;
}

/** The open requests by their steps. What the same receiver sends within such a step is a part of the request. */
const openRequests = new WeakMap<Step, OpenRequest>();

/** The request that a method of the SDK sends with some arguments; undefined if it is of no such kind. */
type ReadRequest = (args: readonly unknown[]) => McpRequest | undefined;

/** Replaces the methods of `sender` that send such requests. */
export function traceRequests(
  sender: object,
  kinds: readonly RequestKind[],
  options: CallOptions,
): void {
  const replace = (method: string, read: ReadRequest) => {
    replaceMethod(sender as Record<string, Method>, method, (send) =>
      tracedMethod(send, options, read),
    );
  };
  for (const kind of kinds) {
    replace(kind.sdkMethod, (args) => sentRequest(kind, args[0], args));
  }
  replace('request', (args) => anyRequest(kinds, args));
  replace('requestStream', (args) => anyRequest(kinds.map(streamed), args));
}

/** The request in the first argument, if it is of one of these kinds. */
function anyRequest(
  kinds: readonly RequestKind[],
  args: readonly unknown[],
): McpRequest | undefined {
  const { method, params } = objectOrEmpty(args[0]);
  const kind = kinds.find((each) => each.method === method);
  return kind && sentRequest(kind, params, args);
}

/** The options of a request, which may have a signal, are the last argument. */
function sentRequest(kind: RequestKind, params: unknown, args: readonly unknown[]): McpRequest {
  return { side: 'sender', kind, params, signal: objectOrEmpty(args.at(-1)).signal };
}

/** A request whose last message has the result or the failure, as of the SDK's tasks. */
function streamed(kind: RequestKind): RequestKind {
  return {
    ...kind,
    update: ({ result }, options) => kind.update(objectOrEmpty(result), options),
    failure({ result, error }, options) {
      if (error === undefined) return kind.failure?.(objectOrEmpty(result), options);
      return thrownError(options, error);
    },
  };
}

function tracedMethod(send: Method, options: CallOptions, read: ReadRequest): Method {
  return function tracedRequest(this: unknown, ...args) {
    const call = () => send.apply(this, args);
    const request = runGuarded('request', () => read(args));
    const outer = currentStep();
    if (request === undefined || isPartOf(outer, this, request)) return call();
    return runRequest(request, options, () => {
      const own = currentStep();
      const { method } = request.kind;
      if (own !== undefined && own !== outer) openRequests.set(own, { receiver: this, method });
      return call();
    });
  };
}

/** Whether the request is sent within the step of the same request, as a method of the SDK sends it by `request`. */
function isPartOf(outer: Step | undefined, receiver: unknown, { kind }: McpRequest): boolean {
  const open = outer && openRequests.get(outer);
  return open !== undefined && open.receiver === receiver && open.method === kind.method;
}
