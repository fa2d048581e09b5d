/** Tracing for Hono 4. */

export * from '@openlayer-tracing/core';
export { openlayerTracing, type TraceVariables } from './openlayer-tracing.js';
