/**
 * The parts of `#platform` that other packages use. With declared types, the declaration file holds no import of `#platform`,
 * which TypeScript's node10 cannot resolve.
 */

import * as platform from '#platform';

/** The environment variables of the process. Each package reads them in one file. */
export const environment: Readonly<Record<string, string | undefined>> = platform.environment;

/** Whether the process has Node's APIs. */
export const hasNode: boolean = platform.hasNode;

/** The exports of the loaded CommonJS modules whose paths match. */
export const loadedModules: (path: RegExp) => readonly unknown[] = platform.loadedModules;
