/** Traces once and has nothing more to do. Arguments: the URL of the backend, and whether it flushes. */

import { createTracer } from '@openlayer-tracing/core';
import { otelExport } from '@openlayer-tracing/otel';

const [, , url, how] = process.argv;
const tracer = createTracer({ exports: [otelExport({ url })], logLevel: 'off' });
if (how !== 'idle') tracer.startTrace({ name: 'short', inferenceId: 'short' }).end();
if (how === 'flush') await tracer.flush();
process.stdout.write('done\n');
