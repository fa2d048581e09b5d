import { createHook } from 'node:async_hooks';
import { hasStep, withdrawStep, withStep } from './layer.js';
import type { ObservedNamespace } from './namespace.js';

/** A callback that is running, perhaps within another one. */
interface Callback {
  readonly id: number;
  /** What was active when it was called. */
  readonly outer: object | null;
  /** What we have entered for it. */
  readonly cut: object | undefined;
}

/**
 * Keeps steps to the callbacks that belong to them, where cls-hooked alone would not:
 *
 * - A callback that was made outside of any context runs in that of whoever happens to call it. The app's keys are the
 *   same there, but the step is cut off.
 * - `runPromise`, and an `enter` without its `exit`, leave their context behind when the callback ends, and all kinds of
 *   code then runs in it. It has its step taken away.
 */
export function watchCallbacks(namespace: ObservedNamespace): void {
  const running: Callback[] = [];
  createHook({
    // The namespace's own hook comes first: the callback's context is entered already, or left again.
    before(id) {
      const { active, _contexts, _set } = namespace;
      if (_contexts.has(id)) {
        running.push({ id, outer: _set.at(-1) ?? null, cut: undefined });
        return;
      }
      const cut = active !== null && hasStep(active) ? withStep(active, undefined) : undefined;
      running.push({ id, outer: active, cut });
      if (cut !== undefined) namespace.enter(cut);
    },
    after(id) {
      // Those that have not ended, because of an error, were called by this one.
      let callback = running.pop();
      while (callback !== undefined && callback.id !== id) callback = running.pop();
      if (callback?.cut !== undefined) leave(namespace, callback.cut);
      giveUpLeftover(namespace, callback?.outer ?? null);
    },
  }).enable();
}

/** Exits the context, unless the app has done so already: cls-hooked ends the process for that. */
export function leave(namespace: ObservedNamespace, context: object): void {
  try {
    namespace.exit(context);
  } catch {
    // The app has exited more than it has entered.
  }
}

/** Takes the step away from what is active now although the code that entered it is done. */
export function giveUpLeftover(namespace: ObservedNamespace, expected: object | null): void {
  const { active } = namespace;
  if (active !== expected && active !== null) withdrawStep(active);
}
