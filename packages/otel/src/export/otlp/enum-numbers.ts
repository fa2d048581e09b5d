/** The numbers of OTLP's enumerations. */

import { KIND_NUMBERS, type SpanKind, type SpanStatus } from '../../dialects/data/span-data.js';

/** That of the API and one, since 0 is a kind that is not stated. */
export function kindNumber(kind: SpanKind): number {
  return KIND_NUMBERS[kind] + 1;
}

/** Those of OpenTelemetry's API are the same. */
export const STATUS_NUMBERS: Readonly<Record<SpanStatus['code'], number>> = {
  unset: 0,
  ok: 1,
  error: 2,
};
