/**
 * All instrumentations at once, instead of src/instrumentation.ts: `node --import ./auto-instrumentations.mjs dist/main.js`.
 * Their packages take about 110 MB, so that this repository does not install them:
 * `npm i @opentelemetry/auto-instrumentations-node @opentelemetry/sdk-node`.
 */

import { register } from 'node:module';
import { openlayerSpanProcessor } from '@openlayer-tracing/otel';
import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import { NodeSDK } from '@opentelemetry/sdk-node';

// Without the hook, `import` loads modules that no instrumentation can patch.
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);

new NodeSDK({
  spanProcessors: [openlayerSpanProcessor()],
  instrumentations: [getNodeAutoInstrumentations()],
}).start();
