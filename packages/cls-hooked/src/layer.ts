/** Puts a step over a context of the app's: what runs in it finds the step, and the app's keys as if it were not there. */

import type { ScopeManager } from '@openlayer-tracing/core';

/** A step that is being recorded. Only core looks into it. */
export type RecordedStep = NonNullable<ReturnType<ScopeManager['get']>>;

/** Nothing that an app could use as a key. */
const LAYER = Symbol('openlayer-tracing.layer');

class Layer implements ProxyHandler<object> {
  /** What the app gets to see as its context. */
  readonly context: object;
  readonly under: object;
  /** Contexts are kept for as long as any resource that was made in them, which may be for good: the trace is not. */
  step: WeakRef<RecordedStep> | undefined;

  constructor(under: object, step: RecordedStep | undefined) {
    this.under = under;
    this.step = step && new WeakRef(step);
    this.context = new Proxy(under, this);
  }

  get(under: object, key: string | symbol, receiver: unknown): unknown {
    return key === LAYER ? this : Reflect.get(under, key, receiver);
  }
}

/** A context with that step or none, which reads and writes the app's keys in the given one. */
export function withStep(context: object, step: RecordedStep | undefined): object {
  // Layers do not pile up, and so do not contexts of steps within steps.
  return new Layer(ownLayer(context)?.under ?? context, step).context;
}

/** The step of a context, or of the one that it was derived from. */
export function stepIn(context: object | null): RecordedStep | undefined {
  return layerOf(context)?.step?.deref();
}

export function hasStep(context: object): boolean {
  return layerOf(context)?.step !== undefined;
}

/** Takes the step away from a context and from all that are derived from it. */
export function withdrawStep(context: object): void {
  if (layerOf(context) === undefined) return;
  const own = ownLayer(context);
  if (own !== undefined) own.step = undefined;
  else Object.defineProperty(context, LAYER, { value: undefined, configurable: true });
}

function layerOf(context: object | null): Layer | undefined {
  return (context as { readonly [LAYER]?: Layer } | null)?.[LAYER];
}

/** The layer that the context itself is. A context that was derived from it has it too, and is another. */
function ownLayer(context: object): Layer | undefined {
  const layer = layerOf(context);
  return layer?.context === context ? layer : undefined;
}
