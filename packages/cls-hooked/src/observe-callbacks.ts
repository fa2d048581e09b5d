import { createHook } from 'node:async_hooks';
import { exitContext, type ObservedNamespace } from './namespace.js';
import { hasStep, removeStep, withStep } from './step-context.js';

/** A callback that is running, perhaps within another one. */
interface Callback {
  readonly id: number;
  /** The context that was active when it was called. */
  readonly outer: object | null;
  /** The context without a step that was entered for it, in place of its caller's; undefined if that was not necessary. */
  readonly entered: object | undefined;
}

/**
 * Limits steps to callbacks that belong to them, where cls-hooked alone would not:
 *
 * - A callback that was created outside any context runs in the context of its caller. It keeps the app's keys, but the step is
 *   removed for it.
 * - After `runPromise`, and after `enter` without `exit`, the context stays active when the callback ends, and unrelated code
 *   runs in it. The step is removed from that context.
 */
export function observeCallbacks(namespace: ObservedNamespace): void {
  const running: Callback[] = [];
  createHook({
    // The namespace's own hook runs first: it has already entered, or left, the callback's context.
    before(id) {
      const { active, _contexts, _set } = namespace;
      if (_contexts.has(id)) {
        running.push({ id, outer: _set.at(-1) ?? null, entered: undefined });
        return;
      }
      const hasCallersStep = active !== null && hasStep(active);
      const entered = hasCallersStep ? withStep(active, undefined) : undefined;
      running.push({ id, outer: active, entered });
      if (entered !== undefined) namespace.enter(entered);
    },
    after(id) {
      // Callbacks above it on the stack ended by an error, without `after`.
      let callback = running.pop();
      while (callback !== undefined && callback.id !== id) callback = running.pop();
      if (callback?.entered !== undefined) exitContext(namespace, callback.entered);
      removeLeftoverStep(namespace, callback?.outer ?? null);
    },
  }).enable();
}

/** Removes the step from the active context, unless it is the expected one: the code that entered it has then ended. */
export function removeLeftoverStep(namespace: ObservedNamespace, expected: object | null): void {
  const { active } = namespace;
  if (active !== expected && active !== null) removeStep(active);
}
