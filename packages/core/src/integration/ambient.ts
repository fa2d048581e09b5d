/** Connects traces with another tracing library in the process. */

import {
  type AmbientContext,
  type AmbientReader,
  addAmbientReader,
} from '../trace/ambient-context.js';
import { reportFailure } from './report.js';

/**
 * Registers a function that returns the operation of another tracing library that the running code belongs to. A trace that
 * begins within one has its trace id, and its id as the parent. If it throws, that is reported and it is not called again.
 */
export function registerAmbientContext(read: AmbientReader): void {
  let isBroken = false;
  const guarded = <T>(fn: () => T): T | undefined => {
    if (isBroken) return undefined;
    try {
      return fn();
    } catch (error) {
      isBroken = true;
      reportFailure('reading the active span', error);
      return undefined;
    }
  };
  addAmbientReader(() => {
    const found = guarded(read);
    if (found === undefined) return undefined;
    const { caller, injectsHeaders } = found;
    const traceBegan: AmbientContext['traceBegan'] = (root) => {
      guarded(() => found.traceBegan(root));
    };
    return { caller, injectsHeaders, traceBegan };
  });
}
