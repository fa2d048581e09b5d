/** Adds a step to a context of the app: code in it finds the step, and reads and writes the app's keys unchanged. */

import type { ScopeManager } from '@openlayer-tracing/core';

/** A recorded step. Its members are core's. */
export type RecordedStep = NonNullable<ReturnType<ScopeManager['get']>>;

/** A key that no app can use. */
const LAYER = Symbol('openlayer-tracing.layer');

class Layer implements ProxyHandler<object> {
  /** The context that the app sees: a proxy of `under`. */
  readonly context: object;
  readonly under: object;
  /** A weak reference, since contexts stay in memory with resources that were created in them, maybe for ever. */
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

/** A context with the step, or without any, that reads and writes the app's keys in the given context. */
export function withStep(context: object, step: RecordedStep | undefined): object {
  // Replaces a layer instead of adding one, so that nested steps do not nest proxies.
  return new Layer(ownLayer(context)?.under ?? context, step).context;
}

/** The step of a context, or of the context from which it was derived. */
export function stepIn(context: object | null): RecordedStep | undefined {
  return layerOf(context)?.step?.deref();
}

/** Whether the context has a step. */
export function hasStep(context: object): boolean {
  return layerOf(context)?.step !== undefined;
}

/** Removes the step from a context and from all contexts derived from it. */
export function withdrawStep(context: object): void {
  if (layerOf(context) === undefined) return;
  const own = ownLayer(context);
  if (own !== undefined) own.step = undefined;
  else Object.defineProperty(context, LAYER, { value: undefined, configurable: true });
}

function layerOf(context: object | null): Layer | undefined {
  return (context as { readonly [LAYER]?: Layer } | null)?.[LAYER];
}

/** The layer whose proxy is the context itself; undefined for a context derived from it. */
function ownLayer(context: object): Layer | undefined {
  const layer = layerOf(context);
  return layer?.context === context ? layer : undefined;
}
