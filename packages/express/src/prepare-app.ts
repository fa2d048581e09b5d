/**
 * Observes how Express runs middleware, routes and error handlers, without changing the routers' stacks. All apps of one copy of
 * Express share the classes of routers and layers, whose methods are replaced, so that an app is observed however it is called.
 */

import {
  loadedModules,
  openTraceOf,
  type Place,
  prepareSlowPrototypes,
  type RecordedRequestTrace,
  recordRequestError,
  replaceMethod,
} from '@openlayer-tracing/core/adapter';
import type { Request } from 'express';
import { type Layer, noteMount } from './mounts.js';
import {
  observeParams,
  observeRouters,
  type Router,
  recordPassedError,
} from './observe-routers.js';
import { requestBehind } from './request-behind.js';

/** An app, or a router with its own stack. */
interface AnyApp extends Router {
  readonly _router?: AnyApp;
  readonly router?: AnyApp;
  readonly stack?: readonly object[];
  readonly request?: Request;
  readonly response?: object;
}

type Next = (this: unknown, ...args: unknown[]) => unknown;
type Handle = (this: Layer, req: Request, res: unknown, next: Next) => unknown;
type HandleError = (this: Layer, error: unknown, req: Request, res: unknown, next: Next) => unknown;

/** Files of Express that contain the class of layers. */
const LAYER_MODULE = /[\\/](?:router|express[^\\/]*)[\\/]lib[\\/](?:router[\\/])?layer\.js$/;

/** Files of Express that contain the class of routers. */
const ROUTER_MODULE =
  /[\\/]node_modules[\\/](?:router|express[^\\/]*[\\/]lib[\\/]router)[\\/]index\.js$/;

/** Apps whose layers are observed. */
const preparedApps = new WeakSet<object>();
/** Prototypes of layers whose methods are replaced. */
const observedLayers = new WeakSet<object>();
/** The app of the last request: a fast check, since most processes have one app. */
let latestApp: unknown;

/**
 * Observes the layers of the app, and of all apps of the same copy of Express. An app without layers is prepared later.
 * @returns whether the app was prepared by this call
 */
export function prepareApp(app: unknown): boolean {
  if (app === latestApp || app === undefined) return false;
  if (preparedApps.has(app as object)) {
    latestApp = app;
    return false;
  }
  const { _router, stack, request, response } = app as AnyApp;
  // Express 5 has `router`. In Express 4, reading `router` throws, and `_router` is used.
  const router = _router ?? (stack === undefined ? (app as AnyApp).router : (app as AnyApp));
  const layer = router?.stack?.[0];
  if (layer === undefined) return false;
  preparedApps.add(app as object);
  latestApp = app;
  observeLayers(Object.getPrototypeOf(layer) as object);
  observeRouters(router);
  // The router already handles this request.
  observeParams(router);
  prepareSlowPrototypes(request, response, requestBehind);
  return true;
}

/** Observes the layers and routers of all loaded copies of Express, whose apps may be called directly. */
export function observeLoadedCopies(): void {
  for (const loaded of loadedModules(LAYER_MODULE)) {
    const { prototype } = loaded as { prototype?: object };
    if (prototype !== undefined) observeLayers(prototype);
  }
  for (const loaded of loadedModules(ROUTER_MODULE)) {
    // In Express 4, the function itself is the prototype of the routers that it makes.
    const { prototype } = loaded as { prototype?: object };
    for (const routers of [prototype, loaded]) observeRouters(routers);
  }
}

/** Replaces the methods of the prototype of layers, once. */
function observeLayers(layers: object): void {
  if (observedLayers.has(layers)) return;
  observedLayers.add(layers);
  for (const name of ['handleRequest', 'handle_request']) {
    replaceMethod(layers, name, observedHandle);
  }
  for (const name of ['handleError', 'handle_error']) {
    replaceMethod(layers, name, observedError);
  }
}

function observedHandle(original: Handle): Handle {
  return function handleRequest(this: Layer, req, res, next) {
    const trace = openTraceOf(req);
    if (trace === undefined) return original.call(this, req, res, next);
    // A route's handlers are layers too; their errors pass through the layer of the route.
    const isRouteHandler = 'method' in this;
    const app = isRouteHandler ? appOf(trace, req) : enterLayer(trace, this, req);
    const passOn: Next = isRouteHandler
      ? next
      : function passOn(this: unknown, ...args) {
          recordPassedError(trace, args[0]);
          return next.apply(this, args);
        };
    const result = trace.isLost
      ? trace.run(() => original.call(this, req, res, passOn))
      : original.call(this, req, res, passOn);
    leaveLayer(trace, req, app);
    return result;
  };
}

function observedError(original: HandleError): HandleError {
  return function handleError(this: Layer, error, req, res, next) {
    recordRequestError(req, error);
    return original.call(this, error, req, res, next);
  };
}

/** The app that handles the request now; undefined if it cannot be read. Never throws. */
function appOf(trace: RecordedRequestTrace, req: Request): unknown {
  try {
    return req.app;
  } catch (error) {
    trace.reportFailure('layer', error);
    return undefined;
  }
}

/** Records which layer is about to run. Never throws. @returns the app that runs it; undefined if that cannot be read */
function enterLayer(trace: RecordedRequestTrace, layer: Layer, req: Request): unknown {
  try {
    const { app } = req;
    // An app that another one called has swapped the prototypes of request and response.
    if (app !== latestApp) prepareApp(app);
    trace.enter(placeOf(layer, req));
    if (isApp(layer.handle)) prepareApp(layer.handle);
    return app;
  } catch (error) {
    trace.reportFailure('layer', error);
    return undefined;
  }
}

/** Prepares an app that the layer called, if it is still handling the request asynchronously. Never throws. */
function leaveLayer(trace: RecordedRequestTrace, req: Request, before: unknown): void {
  try {
    if (req.app !== before) prepareApp(req.app);
  } catch (error) {
    trace.reportFailure('layer', error);
  }
}

function placeOf(layer: Layer, req: Request): Place {
  if (layer.route !== undefined) return 'route';
  if (layer.slash !== true && layer.regexp?.fast_slash !== true) noteMount(layer, req);
  return req.baseUrl === '' ? 'app' : 'mount';
}

function isApp(handle: unknown): boolean {
  return typeof handle === 'function' && 'request' in handle && 'handle' in handle;
}
