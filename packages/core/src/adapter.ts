/** The door for framework adapters. */

import './load-platform.js';

export { setAnswerHeader, setHeaderWithHead } from './http/answer-header.js';
export type { Place } from './http/described-request.js';
export { followResponse, observeResponses } from './http/node-response.js';
export type { TracingOptions } from './http/options.js';
export { defineTrace, setOwnTrace } from './http/own-trace.js';
export { fieldsMayBeSlow, loadedModules } from './http/platform-for-adapters.js';
export { readInScope } from './http/read-in-scope.js';
export type { RequestAdapter } from './http/request-adapter.js';
export { nodeRequestBody, type RequestBody } from './http/request-body.js';
export { mountPattern, pathForName, pathOf } from './http/request-path.js';
export type { RecordedRequest } from './http/request-trace.js';
export { RequestTracing } from './http/request-tracing.js';
export { openTraceOf } from './http/running-request.js';
export { readStreamInScope } from './http/stream-in-scope.js';
export { getTrace } from './http/traced-requests.js';
export { type BodySource, WebExchange } from './http/web-exchange.js';
export { type WebRequest, webRequestBody } from './http/web-request-body.js';
export { onEmit } from './trace/follow-readable.js';
export { InertTrace } from './trace/inert.js';
export type { RequestTrace } from './trace/types.js';
