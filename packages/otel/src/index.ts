/** The entry point that connects traces with OpenTelemetry: spans in, and traces out. It needs no package of OpenTelemetry. */

export type { TraceExport } from '@openlayer-tracing/core/integration';
export type { SpanKind, SpanScope } from './dialects/data/span-data.js';
export { type OpenlayerOtlpOptions, openlayerOtlp } from './export/openlayer-otlp.js';
export type { OtelExportOptions } from './export/options/otel-export-options.js';
export { otelExport } from './export/otel-export.js';
export type { OtlpCompression, OtlpProtocol } from './export/otlp/otlp-settings.js';
export type { ExportProfile } from './export/rows/export-settings.js';
export type { SpanExporter, SpanExportResult } from './export/sdk/span-exporter.js';
export { type OpenlayerSpanProcessor, openlayerSpanProcessor } from './spans/span-processor.js';
export type { SpanProcessorOptions, StartedSpan } from './spans/span-processor-options.js';
