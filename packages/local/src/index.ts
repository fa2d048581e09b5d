/** A local server that speaks the Openlayer API, and traces as trees. */

export type { CheckMode } from './check.js';
export type { Intercept, LocalServerOptions } from './options.js';
export { type RenderOptions, renderTrace } from './render-trace.js';
export { type LocalServer, type LocalServerEvents, startLocalServer } from './server.js';
export type { ReceivedBatch } from './store.js';
export type { WaitOptions } from './wait-for-rows.js';
