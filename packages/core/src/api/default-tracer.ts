/** The process-wide tracer. */

import type { TracerOptions } from '../config/tracer-options.js';
import { processWide } from '../platform/process-wide.js';
import type { Tracer } from '../tracer/api/tracer-api.js';
import { createTracerCore, type TracerCore } from '../tracer/tracer.js';

/** The options that the app gave for a tracer, and to which function. */
interface Origin {
  readonly functionName: 'configure' | 'openlayerTracing' | 'captureTraces';
  readonly options: TracerOptions;
}

interface Shared {
  tracer: TracerCore | undefined;
  /** Where the tracers come from that `createTracer()` has not created. */
  readonly origins: WeakMap<TracerCore, Origin>;
}

/** What all loaded copies of this package share. */
const shared = processWide(
  'tracer.v5',
  (): Shared => ({ tracer: undefined, origins: new WeakMap() }),
);

/**
 * The process-wide tracer. It is created from the environment at the first call, unless `configure()` was called before.
 * Never throws: wrong environment variables are reported by one diagnostic when the first trace is started.
 */
export function getTracer(): Tracer {
  return defaultTracer();
}

/** The process-wide tracer, with the type that adapters use. */
export function defaultTracer(): TracerCore {
  return shared.tracer ?? setDefaultTracer(createOwned({}));
}

function createOwned(options: TracerOptions): TracerCore {
  const tracer = createTracerCore(options, 'configure');
  keepOrigin(tracer, { functionName: 'configure', options });
  return tracer;
}

/**
 * Creates the process-wide tracer from these options and the environment, in place of the former one. The rows of the former
 * one are still delivered, by its own options. Code that kept a reference to it may go on using it.
 * @throws ConfigError if an option is wrong
 *
 * @example
 * configure({ spool: { dir: '/var/lib/app/traces' }, redact: { keys: ['iban'] } });
 */
export function configure(options: TracerOptions = {}): Tracer {
  const before = existingTracer();
  const tracer = setDefaultTracer(createOwned(options));
  if (tracer.isEnabled) before?.destinations.useKeyOf(tracer.destinations);
  const isOwned = before && shared.origins.get(before)?.functionName === 'configure';
  if (isOwned) before.retire();
  return tracer;
}

/**
 * Creates a tracer from options of the middleware. It becomes the process-wide one if there is none, so that `flush()` and other free
 * functions use it.
 * @throws ConfigError if an option is wrong
 */
export function createMiddlewareTracer(options: TracerOptions): TracerCore {
  const tracer = createTracerCore(options);
  keepOrigin(tracer, { functionName: 'openlayerTracing', options });
  if (existingTracer() === undefined) setDefaultTracer(tracer);
  return tracer;
}

/** Keeps where a tracer comes from. Reports that both `configure()` and the middleware were given options. */
export function keepOrigin(tracer: TracerCore, origin: Origin): void {
  const other = shared.tracer && shared.origins.get(shared.tracer);
  shared.origins.set(tracer, origin);
  const all = [origin, ...(other === undefined ? [] : [other])];
  const [configured = '', ofMiddleware = ''] = (['configure', 'openlayerTracing'] as const).map(
    (name) => optionNames(all.find(({ functionName }) => functionName === name)?.options),
  );
  if (configured === '' || ofMiddleware === '') return;
  tracer.diagnostics.report(
    'warn',
    'two_tracers',
    `openlayerTracing() has options of a tracer (${ofMiddleware}), so its requests do without those of configure() (${configured}); give all of them to configure()`,
  );
}

function optionNames(options: TracerOptions = {}): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return given.map(([name]) => name).join(', ');
}

/** The options that the app gave for the tracer; none for one of `createTracer()`. */
export function optionsOf(tracer: TracerCore | undefined): TracerOptions {
  return (tracer && shared.origins.get(tracer)?.options) ?? {};
}

/** Replaces the process-wide tracer. Without one, the next use creates it from the environment. */
export function setDefaultTracer<T extends TracerCore | undefined>(tracer: T): T {
  shared.tracer = tracer;
  return tracer;
}

/** The process-wide tracer if it exists. */
export function existingTracer(): TracerCore | undefined {
  return shared.tracer;
}
