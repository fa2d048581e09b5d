/** The door for framework adapters. */

export type { TracingOptions } from './http/options.js';
export { nodeRequestBody, type RequestBody } from './http/request-body.js';
export { RecordedRequest } from './http/request-trace.js';
export {
  type AnswerHeaders,
  getTrace,
  type RequestReader,
  RequestTracing,
} from './http/request-tracing.js';
export { watchResponse } from './http/watch-response.js';
export type { RequestTrace } from './trace/types.js';
