/** Tracing for Koa 2 and 3. */

export * from '@openlayer-tracing/core';
export { openlayerTracing } from './openlayer-tracing.js';
