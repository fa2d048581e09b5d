/** The part of the platform that adapters use, with types that TypeScript's node10 can resolve, unlike `#platform`. */

import * as platform from '#platform';

/** The exports of the loaded CommonJS modules whose paths match. */
export const loadedModules: (path: RegExp) => readonly unknown[] = platform.loadedModules;
