/**
 * Watches Express run an app's middleware, routes and error handlers, from beside: what stands in a router's stack stays
 * as the app put it there. All apps of one copy of Express share a class of layers, and its methods are what we replace,
 * so that an app is watched however it is called.
 */

import {
  defineTrace,
  fieldsMayBeSlow,
  getTrace,
  loadedModules,
  observeResponses,
  openTraceOf,
  type Place,
  type RecordedRequest,
} from '@openlayer-tracing/core/adapter';
import type { Request } from 'express';
import { noteMount } from './mounts.js';

/** The part of a layer that Express 4 and 5 have in common, and what either has alone. */
export interface Layer {
  readonly handle: unknown;
  /** Of a layer that leads to a route. */
  readonly route?: unknown;
  /** Express 5: whether it is mounted at `/`. */
  readonly slash?: boolean;
  /** Express 5.3 and newer: the path as the app gave it. */
  readonly rawPath?: unknown;
  /** Express 5 */
  readonly matchers?: readonly ((path: string) => unknown)[];
  /** Express 4 */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean };
}

type Next = (this: unknown, ...args: unknown[]) => unknown;
type Handle = (this: Layer, req: Request, res: unknown, next: Next) => unknown;
type HandleError = (this: Layer, error: unknown, req: Request, res: unknown, next: Next) => unknown;
type Layers = Partial<Record<string, unknown>>;

const watched = new WeakSet<object>();

/** Watches the layers of the app, and of all apps of the same copy of Express. */
export function watchApp(app: unknown): void {
  // Express 5 has `router`; in Express 4 reading that throws, and `_router` is the one.
  const { _router, stack } = app as { _router?: unknown; stack?: unknown };
  const router = _router ?? (stack === undefined ? (app as { router?: unknown }).router : app);
  const layers = (router as { stack?: unknown } | undefined)?.stack;
  if (Array.isArray(layers) && layers.length > 0) watch(Object.getPrototypeOf(layers[0]) as Layers);
  if (fieldsMayBeSlow) prepareApp(app as object);
}

const prepared = new WeakSet<object>();

/**
 * Where requests and responses would take microseconds for fields of their own, what those of the app inherit from gives
 * them their trace and is observed.
 */
function prepareApp(app: object): void {
  if (prepared.has(app)) return;
  prepared.add(app);
  const { request, response } = app as { request?: Request; response?: object };
  // A mounted app inherits from the one that it is mounted in.
  if (request !== undefined && !('trace' in request)) defineTrace(request, requestBehind);
  if (response !== undefined) observeResponses(response);
}

/** Watches the layers of other copies of Express that are loaded: their apps may be called where nobody can see it. */
export function watchLoadedCopies(): void {
  for (const loaded of loadedModules(LAYER_MODULE)) {
    const { prototype } = loaded as { prototype?: Layers };
    if (prototype !== undefined) watch(prototype);
  }
}

/** The request that Express itself was given, where the app has made a proxy or an heir of it. */
export function requestBehind(req: Request): Request {
  if (getTrace(req) !== undefined) return req;
  const origin = Object.getPrototypeOf(req) as Request;
  return getTrace(origin) !== undefined ? origin : (req.res?.req ?? req);
}

const LAYER_MODULE = /[\\/](?:router|express[^\\/]*)[\\/]lib[\\/](?:router[\\/])?layer\.js$/;

function watch(layers: Layers): void {
  if (watched.has(layers)) return;
  watched.add(layers);
  for (const name of ['handleRequest', 'handle_request']) {
    const original = layers[name];
    if (typeof original === 'function') layers[name] = watchedHandle(original as Handle);
  }
  for (const name of ['handleError', 'handle_error']) {
    const original = layers[name];
    if (typeof original === 'function') layers[name] = watchedError(original as HandleError);
  }
}

function watchedHandle(original: Handle): Handle {
  return function handleRequest(this: Layer, req, res, next) {
    const trace = enterLayer(this, req);
    if (trace === undefined) return original.call(this, req, res, next);
    // The handlers of a route are layers too; what they pass on comes by the layer that leads to the route.
    const passOn: Next = isRouteHandler(this)
      ? next
      : function passOn(this: unknown, ...args) {
          recordPassed(trace, args[0]);
          return next.apply(this, args);
        };
    const before = appOf(req);
    const result = isOutside(trace)
      ? trace.run(() => original.call(this, req, res, passOn))
      : original.call(this, req, res, passOn);
    watchOther(req, before);
    return result;
  };
}

function watchedError(original: HandleError): HandleError {
  return function handleError(this: Layer, error, req, res, next) {
    recordFor(req, error);
    return original.call(this, error, req, res, next);
  };
}

/** @returns the request's trace where it is open. Never throws, as all that the two functions above call */
function enterLayer(layer: Layer, req: Request): RecordedRequest | undefined {
  try {
    const trace = openTraceOf(req);
    if (trace === undefined || isRouteHandler(layer)) return trace;
    // An app that was called has brought its own.
    if (fieldsMayBeSlow && !prepared.has(req.app)) prepareApp(req.app);
    trace.enter(placeOf(layer, req));
    if (isApp(layer.handle)) watchApp(layer.handle);
    return trace;
  } catch {
    return undefined;
  }
}

function isRouteHandler(layer: Layer): boolean {
  return 'method' in layer;
}

function recordPassed(trace: RecordedRequest, error: unknown): void {
  if (error && error !== 'route' && error !== 'router') trace.recordFirstError(error);
}

function recordFor(req: Request, error: unknown): void {
  try {
    openTraceOf(req)?.recordFirstError(error);
  } catch {
    // The request goes on, and its error is the app's to answer.
  }
}

/** Whether the scope of the trace was lost on the way, or is another's. */
function isOutside(trace: RecordedRequest): boolean {
  try {
    return !trace.isCurrent;
  } catch {
    return false;
  }
}

function appOf(req: Request): unknown {
  try {
    return req.app;
  } catch {
    return undefined;
  }
}

/** An app of another copy of Express was called, which may go on later. */
function watchOther(req: Request, before: unknown): void {
  try {
    if (req.app !== before) watchApp(req.app);
  } catch {
    // Its errors are not seen.
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
