/** A local server that implements the Openlayer API, and traces printed as trees. */

export type { CheckMode } from './checks/check.js';
export type { LocalServerEvents, RowDetails } from './events.js';
export type { Intercept, LocalServerOptions } from './options.js';
export type { Editor, RefusedCall } from './page-api.js';
export { type RenderOptions, renderTrace } from './render-trace.js';
export { type LocalServer, startLocalServer } from './server.js';
export type { ReceivedBatch } from './storage/store.js';
export type { WaitOptions } from './wait-for-rows.js';
