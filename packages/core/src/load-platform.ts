/** What entry points import first: as the platform loads, a Node that is too old says so. */

import * as platform from '#platform';

/** Without a value, the import would stand in the types, where TypeScript's node10 cannot resolve it. */
export const isPlatformLoaded: boolean = platform !== undefined;
