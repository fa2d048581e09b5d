/** Entry points import this first, so that a Node that is too old fails with a message that says so. */

import * as platform from '#platform';

/** With an exported value, the declaration file holds no import of `#platform`, which TypeScript's node10 cannot resolve. */
export const isPlatformLoaded: boolean = platform !== undefined;
