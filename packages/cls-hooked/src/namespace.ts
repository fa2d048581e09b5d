import { AsyncResource } from 'node:async_hooks';
import { ConfigError } from '@openlayer-tracing/core';

/** The part of a cls-hooked namespace that is used, as `createNamespace()` returns it. */
export interface ClsNamespace {
  /** The context that the running code is in. */
  readonly active: unknown;
  createContext(): unknown;
  enter(context: unknown): void;
  exit(context: unknown): void;
}

/** Undocumented members of a namespace, the same in all versions of cls-hooked that run on Node 20. */
export interface ObservedNamespace extends ClsNamespace {
  readonly active: object | null;
  /** The contexts that were active before, outermost first. */
  readonly _set: readonly (object | null)[];
  /** For each asynchronous resource, the context in which it was created. */
  readonly _contexts: ReadonlyMap<number, object>;
}

/**
 * The namespace itself, after a check that it behaves like one of cls-hooked.
 * @throws ConfigError if it does not
 */
export function observedNamespace(namespace: ClsNamespace): ObservedNamespace {
  const candidate = namespace as ObservedNamespace | null | undefined;
  if (candidate === undefined || candidate === null) {
    throw new ConfigError(
      `clsHookedScope() was given ${candidate}: pass what createNamespace() of cls-hooked returned. getNamespace() finds no namespace that is yet to be created, that was destroyed, or that another installed copy of cls-hooked made`,
    );
  }
  let isNamespace = false;
  try {
    isNamespace =
      candidate._contexts instanceof Map &&
      Array.isArray(candidate._set) &&
      carriesContexts(candidate);
  } catch {
    // The value is not a namespace, so that using it threw.
  }
  if (!isNamespace) {
    throw new ConfigError(
      'clsHookedScope() takes a namespace of cls-hooked 4, on Node, as createNamespace() returns it; without one, leave out the option scope',
    );
  }
  return candidate;
}

/** Exits the context. If the app has already exited it, cls-hooked throws, which is ignored. */
export function exitContext(namespace: ObservedNamespace, context: object): void {
  try {
    namespace.exit(context);
  } catch {
    // The app has exited the context itself.
  }
}

/** Whether callbacks run in the context in which their resource was created. */
function carriesContexts(namespace: ObservedNamespace): boolean {
  const before = namespace.active;
  const context = {};
  namespace.enter(context);
  const resource = new AsyncResource('OPENLAYERTRACING');
  namespace.exit(context);
  const carried = resource.runInAsyncScope(() => namespace.active);
  resource.emitDestroy();
  return carried === context && namespace.active === before;
}
