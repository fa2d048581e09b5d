/** The environment variables of the process, for packages that read variables of their own. */

import { environment as variables } from '#platform';

/** With a declared type, the declaration file holds no import of `#platform`, which TypeScript's node10 cannot resolve. */
export const environment: Readonly<Record<string, string | undefined>> = variables;
