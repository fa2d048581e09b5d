import { ConfigError, type ScopeManager } from '@openlayer-tracing/core';
import { type RecordedStep, stepIn, withStep } from './layer.js';
import { type ClsNamespace, type ObservedNamespace, observedNamespace } from './namespace.js';
import { giveUpLeftover, leave, watchCallbacks } from './watch-callbacks.js';

/**
 * A scope that goes where an app's cls-hooked namespace goes, its `bind` and `bindEmitter` included. For apps that
 * depend on one already: everybody else is better off with AsyncLocalStorage, which is the default.
 *
 * What `runPromise`, or `enter` without `exit`, leaves behind is given up: there, use `req.trace`.
 *
 * @param namespace what `createNamespace()` returned; its keys stay the app's
 * @throws ConfigError where that is no namespace of cls-hooked
 *
 * @example
 * const scope = clsHookedScope(namespace); // for openlayerTracing({ scope })
 */
export function clsHookedScope(
  namespace: ClsNamespace,
  ...options: readonly never[]
): ScopeManager {
  if (options.length > 0) throw new ConfigError('clsHookedScope takes a namespace and no options');
  const existing = scopes.get(namespace);
  if (existing !== undefined) return existing;
  const made = new ClsHookedScope(observedNamespace(namespace));
  scopes.set(namespace, made);
  return made;
}

const SLOT = Symbol.for('openlayer-tracing.cls-hooked.scopes.v1');
const holder = globalThis as { [SLOT]?: WeakMap<ClsNamespace, ScopeManager> };

/** One for each namespace, whichever of several installed copies of this package made it: its hook is there to stay. */
const scopes = holder[SLOT] ?? new WeakMap<ClsNamespace, ScopeManager>();
if (holder[SLOT] === undefined) Object.defineProperty(holder, SLOT, { value: scopes });

class ClsHookedScope implements ScopeManager {
  readonly name = 'cls-hooked';
  readonly #namespace: ObservedNamespace;

  constructor(namespace: ObservedNamespace) {
    this.#namespace = namespace;
    watchCallbacks(namespace);
  }

  get(): RecordedStep | undefined {
    return stepIn(this.#namespace.active);
  }

  run<A, B, R>(
    step: RecordedStep | undefined,
    fn: (first: A, second: B) => R,
    first: A,
    second: B,
  ): R {
    const namespace = this.#namespace;
    const outer = namespace.active;
    const inner = this.#contextFor(step);
    // Not by its `run` or `bind`, which write on the errors that pass, and throw others where these are frozen.
    namespace.enter(inner);
    try {
      return fn(first, second);
    } finally {
      leave(namespace, inner);
      giveUpLeftover(namespace, outer);
    }
  }

  #contextFor(step: RecordedStep | undefined): object {
    // What is no request's must not hold on to the context of the one that was the first to ask for it.
    if (step === undefined) return {};
    const { active } = this.#namespace;
    return withStep(active ?? (this.#namespace.createContext() as object), step);
  }
}
