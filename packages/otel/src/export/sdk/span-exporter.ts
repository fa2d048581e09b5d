/** The part of an exporter of OpenTelemetry's SDK that is used. */

/** The result of an export: code 0 for success. */
export interface SpanExportResult {
  readonly code: number;
  readonly error?: Error;
}

/** An exporter of OpenTelemetry's SDK, such as OTLPTraceExporter. */
export interface SpanExporter {
  /** Sends spans, and calls `resultCallback` once. */
  export(spans: unknown[], resultCallback: (result: SpanExportResult) => void): void;
  /** Closes it. */
  shutdown(): Promise<void>;
}
