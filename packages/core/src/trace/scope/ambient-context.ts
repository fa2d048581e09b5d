/** The operation of another tracing library that the running code belongs to, such as the active span of OpenTelemetry. */

import { processWide } from '../../platform/process-wide.js';
import type { Caller } from '../ids/trace-context.js';
import type { ScopeStep } from './scope.js';

export interface AmbientContext {
  /** The operation, as the caller of what begins within it; undefined if it has no valid ids. */
  readonly caller: Caller | undefined;
  /** Whether the library adds the headers of W3C Trace Context to requests by itself. */
  readonly injectsHeaders: boolean;
  /**
   * Called when a trace begins within the operation.
   * @param root undefined if nothing is recorded of the trace
   */
  traceBegan(root: ScopeStep | undefined): void;
}

/** Returns the operation of one library; undefined outside any. Never throws. */
export type AmbientReader = () => AmbientContext | undefined;

const readers = processWide<AmbientReader[]>('ambient-contexts.v1', () => []);

export function addAmbientReader(read: AmbientReader): void {
  readers.push(read);
}

/** The operation that the running code belongs to; undefined outside any, or if no library is known. Never throws. */
export function ambientContext(): AmbientContext | undefined {
  for (let i = 0; i < readers.length; i++) {
    const found = readers[i]?.();
    if (found !== undefined) return found;
  }
  return undefined;
}
