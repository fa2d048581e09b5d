/** A scope manager over an app's cls-hooked namespace. */

export { clsHookedScope } from './cls-hooked-scope.js';
export type { ClsNamespace } from './namespace.js';
