/** The scope of traces in an app's own cls-hooked namespace. */

export { clsHookedScope } from './cls-hooked-scope.js';
export type { ClsNamespace } from './namespace.js';
