/** What adapters need of the platform, with types that TypeScript's node10 can resolve: it does not know `#platform`. */

import * as platform from '#platform';

export const fieldsMayBeSlow: boolean = platform.fieldsMayBeSlow;

/** What the CommonJS modules export that are loaded, and whose paths match. */
export const loadedModules: (path: RegExp) => readonly unknown[] = platform.loadedModules;
