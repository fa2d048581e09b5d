/** The entry point that sends traces as spans of OpenTelemetry. It needs no package of OpenTelemetry. */

export type { TraceExport } from '@openlayer-tracing/core/integration';
export type { OtelExportOptions, OtlpCompression, OtlpProtocol } from './export/export-options.js';
export { type OpenlayerOtlpOptions, openlayerOtlp } from './export/openlayer-otlp.js';
export { otelExport } from './export/otel-export.js';
export type { SpanExporter, SpanExportResult } from './export/readable-span.js';
export type { ExportProfile } from './export/spans-of-row.js';
