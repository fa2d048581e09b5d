/** The entry point that connects traces with OpenTelemetry: spans in, and traces out. It needs no package of OpenTelemetry. */

export type { TraceExport } from '@openlayer-tracing/core/integration';
export type { SpanKind, SpanScope } from './dialects/span-data.js';
export { type OpenlayerOtlpOptions, openlayerOtlp } from './export/openlayer-otlp.js';
export type {
  OtelExportOptions,
  OtlpCompression,
  OtlpProtocol,
} from './export/options/export-options.js';
export { otelExport } from './export/otel-export.js';
export type { ExportProfile } from './export/rows/spans-of-row.js';
export type { SpanExporter, SpanExportResult } from './export/sdk/readable-span.js';
export type { SpanProcessorOptions, StartedSpan } from './spans/options.js';
export { type OpenlayerSpanProcessor, openlayerSpanProcessor } from './spans/span-processor.js';
