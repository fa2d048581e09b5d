/** Sends traces to a backend of OpenTelemetry. */

import type { TraceExport } from '@openlayer-tracing/core/integration';
import { ExportEnvironment } from './options/export-environment.js';
import { checkedExport, type OtelExportOptions } from './options/otel-export-options.js';
import { otlpTransport } from './otlp/otlp-transport.js';
import { exporterTransport } from './sdk/exporter-transport.js';

/** Longer than OpenTelemetry's own exporters try. */
const EXPORTER_TIMEOUT_MS = 30_000;

/**
 * An element of the tracer's option `exports`: sends each trace as spans of OpenTelemetry to a Collector or another backend that
 * takes OTLP, beside the platform or instead of it. It has its own queue, retries and counts, and a part of the spool.
 * @throws ConfigError if an option is wrong
 *
 * @example
 * const options = { exports: [otelExport({ url: 'http://localhost:4318/v1/traces' })] };
 */
export function otelExport(options: OtelExportOptions = {}): TraceExport {
  const env = new ExportEnvironment();
  const {
    exportSettings,
    exporter,
    otlp,
    timeoutMs = EXPORTER_TIMEOUT_MS,
    isOff,
  } = checkedExport(options, env);
  const shared = {
    name: exportSettings.name,
    isOff: env.isTrue('OTEL_SDK_DISABLED') || isOff,
    problems: env.problems,
  };
  if (otlp === undefined) {
    return {
      ...shared,
      address: `exporter ${exportSettings.name}`,
      transport: exporterTransport(exporter, exportSettings, timeoutMs),
    };
  }
  return { ...shared, address: otlp.url.href, transport: otlpTransport(otlp, exportSettings) };
}
