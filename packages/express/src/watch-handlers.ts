/** Lets us hear of an app's routes, and of the errors that its handlers raise before its error handlers answer them. */

import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import { entering, type OnRoute } from './entering.js';

/** Whom to tell. */
export interface Watcher {
  readonly onError: (req: Request, error: unknown) => void;
  readonly onRoute: OnRoute;
}

/** The part of a router's layer that Express 4 and 5 have in common. */
interface Layer {
  handle: unknown;
  readonly route?: { readonly stack?: Layer[] } | undefined;
}

interface Router {
  readonly stack?: Layer[] | undefined;
}

const watched = new WeakSet<object>();

/**
 * Listens at each route and error handler of the app, and behind the last for what none of them takes. They are called
 * as before; errors pass through unchanged.
 * @returns whether no handler was added since
 */
export function watchHandlers(app: Request['app'], watcher: Watcher): () => boolean {
  const stack = routerOf(app)?.stack;
  if (stack === undefined) return () => false;
  if (!watched.has(app)) {
    watched.add(app);
    app.use(listener(undefined, watcher));
  }
  watchLayers(stack, watcher);
  const { length } = stack;
  return () => stack.length === length;
}

/** Express 5 has `router`; in Express 4 reading that throws, and `_router` is the one. */
function routerOf(app: Request['app']): Router | undefined {
  const former = (app as { _router?: Router })._router;
  return former ?? (app.router as unknown as Router | undefined);
}

function watchLayers(stack: readonly Layer[], watcher: Watcher): void {
  for (const layer of stack) {
    if (layer.route?.stack !== undefined) watchRoute(layer.route.stack, watcher);
    const { handle } = layer;
    if (typeof handle !== 'function' || watched.has(handle)) continue;
    const inner = (handle as Router).stack;
    if (Array.isArray(inner)) watchLayers(inner, watcher);
    if (handle.length === 4) layer.handle = listener(handle as ErrorRequestHandler, watcher);
  }
}

function watchRoute(stack: readonly Layer[], watcher: Watcher): void {
  watchLayers(stack, watcher);
  for (const layer of stack) {
    const { handle } = layer;
    if (typeof handle !== 'function' || handle.length > 3 || watched.has(handle)) continue;
    layer.handle = entering(handle as RequestHandler, watcher.onRoute);
    watched.add(layer.handle as RequestHandler);
  }
}

/** An error handler that listens, and then does what the one that it stands for does. */
function listener(
  original: ErrorRequestHandler | undefined,
  { onError }: Watcher,
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
