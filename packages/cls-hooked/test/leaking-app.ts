/** An app that keeps a promise in each of its contexts, which cls-hooked then never frees. Prints how many contexts and traces stay. */

import { setImmediate as turn } from 'node:timers/promises';
import { clsHookedScope } from '@openlayer-tracing/cls-hooked';
import { createTracer, currentTrace, step } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import cls from 'cls-hooked';

const TRACES = 500;
const namespace = cls.createNamespace('leaking');
const transport = memoryTransport();
const tracer = createTracer({ transport, scope: clsHookedScope(namespace) });
const traces: WeakRef<object>[] = [];

async function request(n: number): Promise<void> {
  const trace = tracer.startTrace(`request ${n}`);
  traces.push(new WeakRef(trace));
  await namespace.runAndReturn(() =>
    trace.run(async () => {
      // The promise is created in the context that refers to it.
      namespace.set('pending', new Promise(() => {}));
      await step('work', async () => {
        namespace.set('working', new Promise(() => {}));
        await turn();
        if (currentTrace() !== trace) throw new Error('the scope was lost');
      });
    }),
  );
  trace.end();
}

for (let n = 0; n < TRACES; n++) await request(n);
await tracer.shutdown();
for (let n = 0; n < 10; n++) {
  await turn();
  globalThis.gc?.();
}
const { _contexts } = namespace as unknown as { readonly _contexts: ReadonlyMap<number, object> };
const alive = traces.filter((trace) => trace.deref() !== undefined).length;
console.log(JSON.stringify({ traces: transport.rows.length, contexts: _contexts.size, alive }));
