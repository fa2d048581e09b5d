/** Which tracer a middleware publishes by: the one that its options name or describe, or that of the whole process. */

import { ConfigError, type TracerOptions } from '../config.js';
import { defaultTracer, existingTracer, setDefaultTracer } from '../default-tracer.js';
import { createTracerCore, type TracerCore } from '../tracer.js';
import { asCore, type TracingOptions } from './options.js';

/** Settings of a tracer. The compiler holds the list to be complete. */
const TRACER_OPTIONS: Readonly<Record<keyof TracerOptions, true>> = {
  apiKey: true,
  inferencePipelineId: true,
  baseUrl: true,
  dangerouslyAllowHttp: true,
  publish: true,
  scope: true,
  redact: true,
  limits: true,
  batch: true,
  retry: true,
  spool: true,
  handleSignals: true,
  timeoutMs: true,
  logLevel: true,
  onDiagnostic: true,
  transport: true,
  pricing: true,
  onUsage: true,
  budget: true,
};

/**
 * The tracer that the options name or describe; undefined for the process-wide one. The first that is described in
 * place becomes the process-wide one, unless there is one, so that `flush()` and the like reach it.
 */
export function tracerOfOptions(options: TracingOptions<never>): TracerCore | undefined {
  const given = Object.keys(TRACER_OPTIONS) as (keyof TracerOptions)[];
  const hasSettings = given.some((key) => options[key] !== undefined);
  if (options.tracer !== undefined) {
    if (hasSettings) {
      throw new ConfigError(
        'give either tracer or settings for one (apiKey, baseUrl, ...), not both',
      );
    }
    return asCore(options.tracer);
  }
  if (hasSettings) {
    const tracer = createTracerCore(options);
    if (existingTracer() === undefined) setDefaultTracer(tracer);
    return tracer;
  }
  // Made now, so that what is missing in the environment is said at the start.
  defaultTracer();
  return undefined;
}
