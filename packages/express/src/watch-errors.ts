/** Lets us hear of the errors that an app's handlers raise, before its own error handlers answer them. */

import type { ErrorRequestHandler, Request } from 'express';

export type OnError = (req: Request, error: unknown) => void;

/** The part of a router's layer that Express 4 and 5 have in common. */
interface Layer {
  handle: unknown;
  readonly route?: Route | undefined;
}

interface Route {
  readonly stack?: Layer[] | undefined;
  readonly methods?: Readonly<Record<string, boolean>> | undefined;
  readonly [method: string]: unknown;
}

interface Router {
  readonly stack?: Layer[] | undefined;
}

const watched = new WeakSet<object>();
const sizes = new WeakMap<object, number>();

/**
 * Listens at each error handler of the app, and behind the last for what none of them takes. The handlers are called
 * as before; errors pass through unchanged. It looks again when handlers were added.
 */
export function watchErrors(app: Request['app'], onError: OnError): void {
  const router = routerOf(app);
  const stack = router?.stack;
  if (stack === undefined || sizes.get(app) === stack.length) return;
  if (!watched.has(app)) {
    watched.add(app);
    app.use(listener(undefined, onError));
  }
  watchLayers(stack, onError);
  sizes.set(app, stack.length);
}

/** Express 5 has `router`; in Express 4 reading that throws, and `_router` is the one. */
function routerOf(app: Request['app']): Router | undefined {
  const former = (app as { _router?: Router })._router;
  return former ?? (app.router as unknown as Router | undefined);
}

function watchLayers(stack: readonly Layer[], onError: OnError): void {
  for (const layer of stack) {
    if (layer.route !== undefined) watchRoute(layer.route, onError);
    const { handle } = layer;
    if (typeof handle !== 'function' || watched.has(handle)) continue;
    const inner = (handle as Router).stack;
    if (Array.isArray(inner)) watchLayers(inner, onError);
    if (handle.length === 4) layer.handle = listener(handle as ErrorRequestHandler, onError);
  }
}

/** Listens behind the last handler of each method as well: further out, the route and its parameters are forgotten. */
function watchRoute(route: Route, onError: OnError): void {
  if (watched.has(route)) return;
  watched.add(route);
  if (route.stack !== undefined) watchLayers(route.stack, onError);
  for (const method of Object.keys(route.methods ?? {})) {
    const add = route[method === '_all' ? 'all' : method];
    if (typeof add === 'function') add.call(route, listener(undefined, onError));
  }
}

/** An error handler that listens, and then does what the one that it stands for does. */
function listener(
  original: ErrorRequestHandler | undefined,
  onError: OnError,
): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  const listening: ErrorRequestHandler = function (this: unknown, error, req, res, next) {
    onError(req, error);
    return original === undefined ? next(error) : original.call(this, error, req, res, next);
  };
  Object.defineProperty(listening, 'name', { value: original?.name ?? 'openlayerTracingErrors' });
  watched.add(listening);
  return listening;
}
