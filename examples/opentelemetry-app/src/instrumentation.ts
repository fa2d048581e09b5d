/**
 * Sets up OpenTelemetry, as the program's `--import`: before the modules that it patches are loaded. Its spans of the database
 * and of requests become steps of the request's trace.
 *
 * These four instrumentations are what this app needs. `auto-instrumentations.mjs` beside this folder has all of OpenTelemetry's.
 */

import { register } from 'node:module';
import { openlayerSpanProcessor } from '@openlayer-tracing/otel';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

// Without the hook, `import` loads modules that no instrumentation can patch.
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);

// Not by `ignoreConnectSpans`: with that option, a query that waits for a connection runs in the context of another request.
const isConnect = (name: string) => name === 'pg-pool.connect' || name === 'pg.connect';
const steps = openlayerSpanProcessor({
  filter: ({ name }) => (isConnect(name) ? false : undefined),
});
new NodeTracerProvider({ spanProcessors: [steps] }).register();
registerInstrumentations({
  instrumentations: [
    new HttpInstrumentation(),
    new ExpressInstrumentation(),
    new PgInstrumentation(),
    new UndiciInstrumentation(),
  ],
});
