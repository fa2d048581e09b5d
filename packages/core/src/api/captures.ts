/** While a test captures traces, the tracers that middleware makes for its own options are captured as well. */

import type { TracerOptions } from '../config/tracer-options.js';
import { processWide } from '../platform/process-wide.js';
import type { TracerCore } from '../tracer/tracer.js';
import { existingTracer } from './default-tracer.js';

/** Returns the tracer that captures traces in place of a tracer with these options. Creates it once for each object of options. */
export type Capture = (options: TracerOptions) => TracerCore;

/** The capture of each process-wide tracer that captures. All copies of this package share them. */
const captures = processWide('captures.v1', () => new WeakMap<TracerCore, Capture>());

/** Lets a capture take the traces of other tracers while `tracer` is the process-wide one. */
export function registerCapture(tracer: TracerCore, capture: Capture): void {
  captures.set(tracer, capture);
}

/** The tracer that captures in place of one with these options; undefined if no test captures traces. */
export function capturingTracer(options: TracerOptions): TracerCore | undefined {
  const current = existingTracer();
  return current === undefined ? undefined : captures.get(current)?.(options);
}
