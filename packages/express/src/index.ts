/** Tracing for Express 4 and 5. */

export * from '@openlayer-tracing/core';
export { openlayerTracing } from './openlayer-tracing.js';
