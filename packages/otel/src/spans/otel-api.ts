/**
 * What the app registered with `@opentelemetry/api`, read from where every version 1 of it keeps that. Importing the api would
 * bring a copy of some version, which sees nothing of an older one.
 */

const API = Symbol.for('opentelemetry.js.api.1');
/** The key under which a context holds its span. */
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');

interface Registered {
  readonly version?: unknown;
  readonly trace?: unknown;
  readonly context?: { active(): unknown } | undefined;
  readonly propagation?: { fields(): unknown } | undefined;
}

/** The ids of a span. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly traceState?: { serialize(): string } | undefined;
  /** Whether the ids were received from another process. @default false */
  readonly isRemote?: boolean | undefined;
}

/** What the api registered in this process; undefined if the app did not load it. */
export function registeredApi(): Registered | undefined {
  return (globalThis as { [API]?: Registered })[API];
}

/** The span of a context; undefined if it has none. */
export function spanOf(context: unknown): object | undefined {
  if (typeof context !== 'object' || context === null) return undefined;
  const { getValue } = context as { getValue?: (key: symbol) => unknown };
  if (typeof getValue !== 'function') return undefined;
  const span = getValue.call(context, SPAN);
  return typeof span === 'object' && span !== null ? span : undefined;
}

/** The active span; undefined outside any. */
export function activeSpan(): object | undefined {
  const manager = registeredApi()?.context;
  return manager === undefined ? undefined : spanOf(manager.active());
}

const NO_ID = /^0+$/;

/** The ids of a span; undefined if they are not valid. */
export function contextOfSpan(span: object): SpanContext | undefined {
  const { spanContext } = span as { spanContext?: () => SpanContext };
  if (typeof spanContext !== 'function') return undefined;
  const ids = spanContext.call(span);
  const isValid =
    isId(ids?.traceId, 32) && isId(ids.spanId, 16) && typeof ids.traceFlags === 'number';
  return isValid ? ids : undefined;
}

function isId(id: unknown, length: number): boolean {
  return (
    typeof id === 'string' && id.length === length && /^[0-9a-f]+$/.test(id) && !NO_ID.test(id)
  );
}

/** Whether the registered propagator writes `traceparent`. */
export function propagatesW3c(): boolean {
  const fields = registeredApi()?.propagation?.fields();
  return Array.isArray(fields) && fields.includes('traceparent');
}
