/** Which tracer a middleware publishes by: the one that its options name or describe, or that of the whole process. */

import { ConfigError } from '../config/checks.js';
import { TRACER_OPTIONS, type TracerOptions } from '../config/tracer-options.js';
import { defaultTracer, existingTracer, setDefaultTracer } from '../default-tracer.js';
import { createTracerCore, type TracerCore } from '../tracer.js';
import { asCore, type TracingOptions } from './options.js';

/**
 * The tracer that the options name or describe; undefined for the process-wide one. The first that is described in
 * place becomes the process-wide one, unless there is one, so that `flush()` and the like reach it.
 */
export function tracerOfOptions(options: TracingOptions<never>): TracerCore | undefined {
  const settings = settingsIn(options);
  const hasSettings = Object.keys(settings).length > 0;
  if (options.tracer !== undefined) {
    if (hasSettings) {
      throw new ConfigError(
        'give either tracer or settings for one (apiKey, baseUrl, ...), not both',
      );
    }
    return asCore(options.tracer);
  }
  if (hasSettings) {
    const tracer = createTracerCore(settings);
    if (existingTracer() === undefined) setDefaultTracer(tracer);
    return tracer;
  }
  // Made now, so that what a process before this one has left on disk is sent without waiting for a request.
  defaultTracer();
  return undefined;
}

/** Those of the options that a tracer takes. */
function settingsIn(options: TracerOptions): TracerOptions {
  const given = TRACER_OPTIONS.filter((name) => options[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, options[name]]));
}
