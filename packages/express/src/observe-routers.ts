/** Observes what leaves a router, and the parameters of its routes, which no layer sees. */

import {
  openTraceOf,
  type RecordedRequestTrace,
  replaceMethod,
} from '@openlayer-tracing/core/adapter';
import type { Request } from 'express';

/** The part of a router that is used. */
export interface Router {
  /** Callbacks of `param()`, by the name of the parameter. */
  readonly params?: Readonly<Record<string, ParamCallback[]>>;
}

type ParamCallback = (this: unknown, req: Request, ...args: unknown[]) => unknown;
type RunRouter = (this: unknown, req: Request, res: unknown, done: unknown) => unknown;

/** Prototypes of routers whose method is replaced. */
const observedRouters = new WeakSet<object>();
/** Arrays of callbacks of `param()` of which the first one is replaced. */
const observedParams = new WeakSet<object>();

/** Replaces the method by which the prototype of routers runs their layers, once. @param router the prototype, or a router */
export function observeRouters(router: unknown): void {
  let holder = router as object | null | undefined;
  while (holder && !Object.hasOwn(holder, 'handle')) {
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  if (!holder || observedRouters.has(holder)) return;
  observedRouters.add(holder);
  replaceMethod(holder, 'handle', observedRouter);
}

/** Errors of parameters, and of paths that cannot be decoded, leave a router without passing a layer. */
function observedRouter(original: RunRouter): RunRouter {
  return function handle(this: unknown, req, res, done) {
    observeParams(this as Router);
    if (typeof done !== 'function') return original.call(this, req, res, done);
    return original.call(this, req, res, function passOut(this: unknown, ...args: unknown[]) {
      const trace = openTraceOf(req);
      if (trace !== undefined) recordPassedError(trace, args[0]);
      return Reflect.apply(done, this, args);
    });
  };
}

/**
 * Replaces the first callback of each `param()`, so that the parameters are read before a callback can replace them or refuse the
 * request: Express then enters no layer, and restores the parameters from before. Never throws.
 */
export function observeParams(router: Router | undefined): void {
  try {
    const params = router?.params;
    for (const name in params) {
      const callbacks = params[name];
      if (!Array.isArray(callbacks) || observedParams.has(callbacks)) continue;
      const [first] = callbacks;
      if (typeof first !== 'function') continue;
      observedParams.add(callbacks);
      callbacks[0] = observedParam(first);
    }
  } catch {
    // The app froze its callbacks, or has other ones than Express.
  }
}

function observedParam(original: ParamCallback): ParamCallback {
  return function param(this: unknown, req, ...args) {
    const trace = openTraceOf(req);
    if (trace !== undefined) enterParam(trace, req, args[3]);
    return original.call(this, req, ...args);
  };
}

/**
 * Records the pattern of the layer whose parameter is about to be checked: if the callback refuses the request, Express does not
 * enter the layer. Never throws.
 */
function enterParam(trace: RecordedRequestTrace, req: Request, name: unknown): void {
  try {
    trace.enter(isParamOfRoute(req, name) ? 'route' : 'mount');
    // Nothing is entered after the first byte, but a secret in the path has to be known.
    if (trace.hasResponded) trace.readParams();
  } catch (error) {
    trace.reportFailure('param', error);
  }
}

/** Whether the parameter is one of the request's route. If a mount has it, the request may still have the route before that. */
function isParamOfRoute(req: Request, name: unknown): boolean {
  const path = String(req.route?.path ?? '');
  return [':', '*', '<'].some((mark) => path.includes(`${mark}${String(name)}`));
}

/** Records an error that middleware passed on. */
export function recordPassedError(trace: RecordedRequestTrace, error: unknown): void {
  if (error && error !== 'route' && error !== 'router') trace.recordAppError(error);
}
