/** Keeps instrumentations of OpenTelemetry from making spans of our own requests. Needs no package of OpenTelemetry. */

/** Where every version 1 of `@opentelemetry/api` keeps what was registered with it. */
const API = Symbol.for('opentelemetry.js.api.1');
/** The key of OpenTelemetry's SDK under which a context says that nothing in it is traced. */
const SUPPRESS_TRACING = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

interface Context {
  setValue(key: symbol, value: unknown): Context;
}

interface ContextManager {
  active(): Context;
  with<T>(context: Context, fn: () => T): T;
}

/**
 * Runs `fn` and what it starts in a context of OpenTelemetry in which nothing is traced and no headers are added. Without a
 * registered context manager it just runs `fn`.
 * @returns what `fn` returns
 */
export function withoutOtelSpans<T>(fn: () => T): T {
  const manager = registeredManager();
  if (manager === undefined) return fn();
  let hasRun = false;
  try {
    const context = manager.active().setValue(SUPPRESS_TRACING, true);
    return manager.with(context, () => {
      hasRun = true;
      return fn();
    });
  } catch (error) {
    if (hasRun) throw error;
    // The app's context manager failed.
    return fn();
  }
}

function registeredManager(): ContextManager | undefined {
  const holder = globalThis as { [API]?: { context?: ContextManager } };
  return holder[API]?.context;
}
