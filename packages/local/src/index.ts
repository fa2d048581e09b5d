export type { Intercept, LocalServerOptions } from './options.js';
export { type RenderOptions, renderTrace } from './render-trace.js';
export { type LocalServer, type LocalServerEvents, startLocalServer } from './server.js';
export type { ReceivedBatch } from './store.js';
