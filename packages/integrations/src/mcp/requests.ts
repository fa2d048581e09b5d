/** Records the requests that a client or server sends, by methods of the SDK or by `request`. */

import { currentStep, type Step } from '@openlayer-tracing/core/integration';
import { thrownError } from '../common/call-error.js';
import { objectOrEmpty } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { replaceMethod } from '../common/replace-method.js';
import type { RequestKind } from './kinds.js';
import { runRequest } from './run-request.js';

type KindAndParams = readonly [RequestKind, unknown];
type Method = (this: unknown, ...args: unknown[]) => unknown;

/** The methods of open requests, by their steps. What the SDK sends within such a step is not recorded again. */
const openRequests = new WeakMap<Step, string>();

/** Replaces the methods of `sender` that send such requests. */
export function traceRequests(
  sender: object,
  kinds: readonly RequestKind[],
  options: CallOptions,
): void {
  for (const kind of kinds) {
    replace(sender, kind.sdkMethod, (send) =>
      tracedMethod(send, options, ([params]) => [kind, params]),
    );
  }
  const requestIn =
    (requestKinds: readonly RequestKind[]) =>
    ([request]: readonly unknown[]): KindAndParams | undefined => {
      const { method, params } = objectOrEmpty(request);
      const kind = requestKinds.find((each) => each.method === method);
      return kind && [kind, params];
    };
  replace(sender, 'request', (send) => tracedMethod(send, options, requestIn(kinds)));
  replace(sender, 'requestStream', (send) =>
    tracedMethod(send, options, requestIn(kinds.map(streamed))),
  );
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

function replace(sender: object, method: string, wrap: (send: Method) => Method): void {
  replaceMethod(sender as Record<string, Method>, method, wrap);
}

function tracedMethod(
  send: Method,
  options: CallOptions,
  requestOf: (args: readonly unknown[]) => KindAndParams | undefined,
): Method {
  return function tracedRequest(this: unknown, ...args) {
    const call = () => send.apply(this, args);
    const [kind, params] = requestOf(args) ?? [];
    const step = currentStep();
    if (kind === undefined || (step !== undefined && openRequests.get(step) === kind.method))
      return call();
    return runRequest('sender', kind, options, params, () => {
      const own = currentStep();
      if (own !== undefined && own !== step) openRequests.set(own, kind.method);
      return call();
    });
  };
}
