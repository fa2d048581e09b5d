/** Contexts with a step: code in them finds the step, and reads and writes the keys of the app's own context unchanged. */

import type { Step } from '@openlayer-tracing/core';

/** The key under which a context returns its `StepContext`. The app has no access to it. */
const STEP_CONTEXT = Symbol('openlayer-tracing.step-context');

/** A context of the app with a step added by a proxy. */
class StepContext implements ProxyHandler<object> {
  /** What the namespace enters: the app's context behind a proxy. */
  readonly proxy: object;
  readonly appContext: object;
  /** A weak reference, since contexts stay in memory with resources that were created in them, possibly until the process ends. */
  step: WeakRef<Step> | undefined;

  constructor(appContext: object, step: Step | undefined) {
    this.appContext = appContext;
    this.step = step && new WeakRef(step);
    this.proxy = new Proxy(appContext, this);
  }

  get(appContext: object, key: string | symbol, receiver: unknown): unknown {
    return key === STEP_CONTEXT ? this : Reflect.get(appContext, key, receiver);
  }
}

/** A context with the step, or with none, whose other keys are read and written in the given context. */
export function withStep(context: object, step: Step | undefined): object {
  // Replaces the proxy of a context that has one, so that nested steps do not nest proxies.
  return new StepContext(ownStepContext(context)?.appContext ?? context, step).proxy;
}

/** The step of a context, or of the context from which it was derived. */
export function stepIn(context: object | null): Step | undefined {
  return stepContextOf(context)?.step?.deref();
}

/** Whether the context has a step. */
export function hasStep(context: object): boolean {
  return stepContextOf(context)?.step !== undefined;
}

/** Removes the step from a context and from all contexts derived from it. */
export function removeStep(context: object): void {
  if (stepContextOf(context) === undefined) return;
  const own = ownStepContext(context);
  if (own !== undefined) own.step = undefined;
  else Object.defineProperty(context, STEP_CONTEXT, { value: undefined, configurable: true });
}

/** The `StepContext` of a context, or of the context from which it was derived. */
function stepContextOf(context: object | null): StepContext | undefined {
  return (context as { readonly [STEP_CONTEXT]?: StepContext } | null)?.[STEP_CONTEXT];
}

/** The `StepContext` whose proxy is the context itself; undefined for a context derived from it. */
function ownStepContext(context: object): StepContext | undefined {
  const found = stepContextOf(context);
  return found?.proxy === context ? found : undefined;
}
