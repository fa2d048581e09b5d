/** The entry point for adapters of frameworks: not a public API. */

import './platform/load-platform.js';

export { onEmit } from './follow/observe/on-emit.js';
export { assignMethod, methodNamed, replaceMethod } from './follow/observe/replace-method.js';
export type { RequestBody } from './http/body/request-body.js';
export { signalOfClient } from './http/node/client-signal.js';
export { nodeRequestBody } from './http/node/node-request-body.js';
export { followResponse } from './http/node/node-response.js';
export { NodeUpgrade } from './http/node/node-upgrade.js';
export { setHeaderWithHead, setResponseHeader } from './http/node/response-header.js';
export { prepareSlowPrototypes } from './http/node/slow-prototypes.js';
export type { RequestAdapter } from './http/options/request-adapter.js';
export type { TracingOptions } from './http/options/tracing-options.js';
export { readInScope } from './http/read-in-scope.js';
export { RequestTracing } from './http/request-tracing.js';
export type { RecordedRequestTrace } from './http/trace/recorded-request-trace.js';
export type { Place } from './http/trace/request-facts.js';
export { pathForName } from './http/trace/request-name.js';
export { pathOf } from './http/trace/request-path.js';
export { defineTraceProperty } from './http/trace/trace-property.js';
export {
  getTrace,
  innerTraceOf,
  openTraceOf,
  recordRequestError,
} from './http/trace/traced-requests.js';
export { type BodySource, WebExchange } from './http/web/web-exchange.js';
export { webRequestBody } from './http/web/web-request-body.js';
export { loadedModules } from './platform/for-packages.js';
export { headerOf } from './platform/message-header.js';
export type { RequestTrace } from './trace/model/trace-api.js';
export { percentDecoded } from './values/text/percent-decoded.js';
