/**
 * Node 20 and 24 collect the controller of a Request's signal, also while the Request is fetched: then its abort and its timeout are
 * lost, and the call never ends, without tracing too. Mistral's client sends clones of Requests.
 */

const { AbortController: Original } = globalThis;
const kept: AbortController[] = [];

/** Keeps all controllers that are made from now on, until `forgetControllers()`. */
export function keepControllers(): void {
  globalThis.AbortController = class AbortController extends Original {
    constructor() {
      super();
      kept.push(this);
    }
  };
}

export function forgetControllers(): void {
  globalThis.AbortController = Original;
  kept.length = 0;
}
