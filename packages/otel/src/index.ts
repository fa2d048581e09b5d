/** The entry point that connects traces with OpenTelemetry: spans in, and traces out. It needs no package of OpenTelemetry. */

export type { TraceExport } from '@openlayer-tracing/core/integration';
export type { SpanKind, SpanScope } from './dialects/span-data.js';
export type { OtelExportOptions, OtlpCompression, OtlpProtocol } from './export/export-options.js';
export { type OpenlayerOtlpOptions, openlayerOtlp } from './export/openlayer-otlp.js';
export { otelExport } from './export/otel-export.js';
export type { SpanExporter, SpanExportResult } from './export/readable-span.js';
export type { ExportProfile } from './export/spans-of-row.js';
export type { SpanProcessorOptions, StartedSpan } from './spans/options.js';
export { type OpenlayerSpanProcessor, openlayerSpanProcessor } from './spans/span-processor.js';
