/**
 * An app whose requests all fail at once, without a handler. Prints the errors that the process reports, and whether that
 * happened in the scope of another request. Arguments: the scope, and the way to fail.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { clsHookedScope } from '@openlayer-tracing/cls-hooked';
import { createTracer, currentTrace, step } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import cls from 'cls-hooked';

const [, , scope, way] = process.argv;
const namespace = cls.createNamespace('failing');
const transport = memoryTransport();
const tracer = createTracer({
  transport,
  scope: scope === 'cls-hooked' ? clsHookedScope(namespace) : undefined,
});

const names = ['a', 'b', 'c'];
const errors = new Map(names.map((name) => [Object.freeze(new Error(name)), name]));
const reported: string[] = [];

function report(error: unknown): void {
  // Writing to a frozen error would replace it by a TypeError.
  const name = errors.get(error as Error) ?? `${error}`;
  const found = currentTrace() as { readonly root: { readonly name: string } } | undefined;
  const isWrong = found !== undefined && found.root.name !== name;
  reported.push(isWrong ? `${name} in the scope of ${found.root.name}` : name);
}

process.on('unhandledRejection', report);
process.on('uncaughtException', report);

const open = [...errors].map(([error, name]) => {
  const trace = tracer.startTrace(name);
  trace.run(() => {
    if (way === 'reject') {
      void step('fails', async () => {
        await pause(1);
        throw error;
      });
    } else {
      setTimeout(() => {
        step('fails', () => {
          throw error;
        });
      }, 1);
    }
  });
  return trace;
});

await pause(50);
const after = currentTrace()?.inferenceId ?? 'none';
for (const trace of open) {
  trace.run(() => step('goes on', () => {}));
  trace.end();
}
await tracer.shutdown();
const trees = transport.rows.map(({ steps: [root] }) =>
  [root?.name, ...(root?.steps ?? []).map((each) => each.name)].join(' > '),
);
console.log(JSON.stringify({ reported: reported.sort(), after, trees }));
