/** What an app is given once, at its first request, so that no request has to be changed. */

import { defineTrace, observeWrites } from '@openlayer-tracing/core/adapter';
import type { Application, Request, Response } from 'express';
import { type Watcher, watchHandlers } from './watch-handlers.js';

/** What Express gives an app beyond its documented interface. */
type App = Application & {
  readonly request: object;
  readonly response: Pick<Response, 'write' | 'end'>;
  readonly parent?: App | undefined;
};

const prepared = new WeakSet<object>();

/** Makes apps ready; almost always the same one, which is looked at but once. */
export class AppPreparation {
  readonly #watcher: Watcher;
  #app: unknown;
  #isCurrent: () => boolean = () => false;

  constructor(watcher: Watcher) {
    this.#watcher = watcher;
  }

  /** Prepares the app of the request, unless that is done and no handler was added since. */
  of(req: Request): void {
    if (req.app === this.#app && this.#isCurrent()) return;
    this.#app = req.app;
    this.#isCurrent = prepareApp(req.app as App, this.#watcher);
  }
}

/**
 * Express gives every app a `request` and a `response` that its requests and responses inherit from. There, and not in
 * each request, `req.trace` is defined and the writing of bodies observed: once their prototype was changed, objects
 * take microseconds for each property that they are given.
 * @returns whether that still holds
 */
function prepareApp(app: App, watcher: Watcher): () => boolean {
  const root = rootOf(app);
  if (!prepared.has(root)) {
    prepared.add(root);
    defineTrace(root.request, (req) => req);
    observeWrites(root.response);
  }
  return watchHandlers(app, watcher);
}

/** A mounted app inherits from the one that it is mounted in. */
function rootOf(app: App): App {
  let root = app;
  while (root.parent !== undefined) root = root.parent;
  return root;
}
