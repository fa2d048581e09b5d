/** A local server that implements the Openlayer API, and traces printed as trees. */

export type { CheckMode } from './checks/check.js';
export type { Editor, RefusedCall } from './page-api.js';
export { type RenderOptions, renderTrace } from './rendering/render-trace.js';
export type { LocalServerEvents, RowDetails } from './reports/events.js';
export type { Intercept, LocalServerOptions } from './server/options.js';
export { type LocalServer, startLocalServer } from './server/server.js';
export type { WaitOptions } from './server/wait-for-rows.js';
export type { ReceivedBatch } from './storage/store.js';
