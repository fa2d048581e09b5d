import { setImmediate } from 'node:timers';

/**
 * Runs the work at the end of this turn of the event loop. Taken before a test can replace it, and not from the globals, which
 * tests that imitate a browser lack.
 */
export const atTurnEnd: typeof setImmediate = setImmediate;
