import { AsyncResource } from 'node:async_hooks';
import { ConfigError } from '@openlayer-tracing/core';

/** What is used of a cls-hooked namespace, as `createNamespace()` returns it. */
export interface ClsNamespace {
  /** The context that the running code is in. */
  readonly active: unknown;
  createContext(): unknown;
  enter(context: unknown): void;
  exit(context: unknown): void;
}

/** What cls-hooked keeps in a namespace, undocumented and the same in all of its versions that run on Node 20. */
export interface ObservedNamespace extends ClsNamespace {
  readonly active: object | null;
  /** The contexts that were active before, outermost first. */
  readonly _set: readonly (object | null)[];
  /** The context that each asynchronous resource was made in. */
  readonly _contexts: ReadonlyMap<number, object>;
}

/**
 * The same namespace, once it has shown that it does what cls-hooked's do.
 * @throws ConfigError where it does not
 */
export function observedNamespace(namespace: ClsNamespace): ObservedNamespace {
  const given = namespace as ObservedNamespace | null | undefined;
  if (given === undefined || given === null) {
    throw new ConfigError(
      `clsHookedScope() was given ${given}: pass what createNamespace() of cls-hooked returned. getNamespace() finds no namespace that is yet to be created, that was destroyed, or that another installed copy of cls-hooked made`,
    );
  }
  let carries = false;
  try {
    carries = given._contexts instanceof Map && Array.isArray(given._set) && carriesContexts(given);
  } catch {
    // It is something else, whatever it has thrown.
  }
  if (!carries) {
    throw new ConfigError(
      'clsHookedScope() takes a namespace of cls-hooked 4, on Node, as createNamespace() returns it; without one, leave out the option scope',
    );
  }
  return given;
}

/** Whether callbacks run in the context that their resource was made in. */
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
