/** Whether an instrumentation of OpenTelemetry adds `traceparent` to the requests that the app sends. */

import { builtinModule } from '@openlayer-tracing/core/integration';
import { propagatesW3c } from './otel-api.js';

/** The function `request` of node:http, which instrumentations replace. */
interface Http {
  readonly request?: { readonly __wrapped?: unknown };
}

interface Channels {
  hasSubscribers(name: string): boolean;
}

/** Whether the propagator writes `traceparent`, and the requests of node:http or of fetch are instrumented. */
export function injectsHeaders(): boolean {
  return propagatesW3c() && (isHttpInstrumented() || isFetchInstrumented());
}

let http: Http | undefined;
let channels: Channels | undefined;

function isHttpInstrumented(): boolean {
  http ??= builtinModule('node:http') as Http | undefined;
  return http?.request?.__wrapped === true;
}

function isFetchInstrumented(): boolean {
  channels ??= builtinModule('node:diagnostics_channel') as Channels | undefined;
  // Instrumentations follow a request on it; our own integrations do not use it.
  return channels?.hasSubscribers('undici:client:sendHeaders') === true;
}
