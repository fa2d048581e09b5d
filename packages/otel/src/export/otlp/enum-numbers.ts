/** The numbers of OTLP's enumerations. */

import type { SpanKind, SpanStatus } from '../../dialects/span-data.js';

export const KIND_NUMBERS: Readonly<Record<SpanKind, number>> = {
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
};

/** Those of OpenTelemetry's API are the same. */
export const STATUS_NUMBERS: Readonly<Record<SpanStatus['code'], number>> = {
  unset: 0,
  ok: 1,
  error: 2,
};
