/** The entry point for apps that use OpenTelemetry. */

export type { SpanKind, SpanScope } from './dialects/span-data.js';
export type { SpanProcessorOptions, StartedSpan } from './spans/options.js';
export { type OpenlayerSpanProcessor, openlayerSpanProcessor } from './spans/span-processor.js';
