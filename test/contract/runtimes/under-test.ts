/** The runtime that `npm run test:runtimes` names to its tests. */

const { CONTRACT_RUNTIME = '', CONTRACT_PROGRAM = '', CONTRACT_DATE = '' } = process.env;

/** As the table names it, such as `Deno` or `workerd 1.20260426`. */
export const RUNTIME: string = CONTRACT_RUNTIME;

/** Without its version. */
export const KIND: string = CONTRACT_RUNTIME.split(' ')[0] ?? '';

/** The path of the program. */
export const PROGRAM: string = CONTRACT_PROGRAM;

/** Of Workers; empty for other runtimes. */
export const COMPATIBILITY_DATE: string = CONTRACT_DATE;
