/** Ids and flags by W3C Trace Context. */

const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;
const ZEROS = /^0+$/;

/** The flag of a span that is recorded. */
export const SAMPLED = 1;
/** The flag of a trace id that is random. */
export const RANDOM = 2;

/** Whether it is the id of a trace. */
export function isTraceId(value: unknown): value is string {
  return typeof value === 'string' && TRACE_ID.test(value) && !ZEROS.test(value);
}

/** Whether it is the id of a span. */
export function isSpanId(value: unknown): value is string {
  return typeof value === 'string' && SPAN_ID.test(value) && !ZEROS.test(value);
}
