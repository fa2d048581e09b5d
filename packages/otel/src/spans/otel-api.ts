/**
 * What the app registered with `@opentelemetry/api`, read from where every version 1 of it keeps that. Importing the api could
 * load another version of it, which does not see what an older one registered.
 */

import { isSpanId, isTraceId } from '../dialects/data/trace-context.js';

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

/** The ids of a span; undefined if they are not valid. */
export function contextOfSpan(span: object): SpanContext | undefined {
  const { spanContext } = span as { spanContext?: () => SpanContext };
  if (typeof spanContext !== 'function') return undefined;
  const ids = spanContext.call(span);
  const isValid =
    isTraceId(ids?.traceId) && isSpanId(ids.spanId) && typeof ids.traceFlags === 'number';
  return isValid ? ids : undefined;
}

/** Whether the registered propagator writes `traceparent`. */
export function propagatesW3c(): boolean {
  const fields = registeredApi()?.propagation?.fields();
  return Array.isArray(fields) && fields.includes('traceparent');
}
