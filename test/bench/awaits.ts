/** Awaits per second of CPU with a scope around them that is read after each, in a process for each kind of scope. */

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { clsHookedScope } from '@openlayer-tracing/cls-hooked';
import { createTracer, currentTrace, type Transport } from '@openlayer-tracing/core';
import { median } from './statistics.ts';

const AWAITS = 10;
const ROUND_MS = 400;

/** Runs the work in the scope, and what reads it there. */
type Scope = readonly [run: (work: () => Promise<void>) => Promise<void>, read: () => unknown];

const nowhere: Transport = {
  send: async (batch) => ({ delivered: batch.rows.length, lost: {} }),
  close() {},
};

function namespaceOf(name: string) {
  // Loaded where it is wanted: it slows down what has nothing to do with it.
  const cls = createRequire(import.meta.url)('cls-hooked') as typeof import('cls-hooked');
  return cls.createNamespace(name);
}

const SCOPES = {
  none: (): Scope => [(work) => work(), () => undefined],
  'AsyncLocalStorage, the default': (): Scope => {
    const trace = createTracer({ transport: nowhere }).startTrace('bench');
    return [(work) => trace.run(work), currentTrace];
  },
  'cls-hooked by itself': (): Scope => {
    const namespace = namespaceOf('bench');
    const run = (work: () => Promise<void>) =>
      namespace.runAndReturn(() => {
        namespace.set('key', 1);
        return work();
      });
    return [run, () => namespace.get('key')];
  },
  'clsHookedScope()': (): Scope => {
    const scope = clsHookedScope(namespaceOf('bench'));
    const trace = createTracer({ transport: nowhere, scope }).startTrace('bench');
    return [(work) => trace.run(work), currentTrace];
  },
} satisfies Record<string, () => Scope>;

export type ScopeName = keyof typeof SCOPES;
export const scopeNames = Object.keys(SCOPES) as readonly ScopeName[];

/** Awaits per second of CPU, in millions: the median of interleaved rounds. */
export function measureAwaits(node: string, rounds: number): Readonly<Record<ScopeName, number>> {
  const found = new Map<ScopeName, number[]>(scopeNames.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of scopeNames) {
      const { stdout } = spawnSync(node, [fileURLToPath(import.meta.url), name], {
        encoding: 'utf8',
      });
      found.get(name)?.push(Number(stdout));
    }
  }
  return Object.fromEntries(
    scopeNames.map((name) => [name, median(found.get(name) ?? [])]),
  ) as Record<ScopeName, number>;
}

async function awaitsPerSecond([run, read]: Scope, ms: number): Promise<number> {
  const work = async () => {
    for (let n = 0; n < AWAITS; n++) {
      await null;
      read();
    }
  };
  const before = process.cpuUsage();
  const start = performance.now();
  let runs = 0;
  while (performance.now() - start < ms) {
    for (let n = 0; n < 50; n++) await run(work);
    runs += 50;
    // Garbage of the hooks is seen to between two turns.
    await new Promise(setImmediate);
  }
  const { user, system } = process.cpuUsage(before);
  return (runs * AWAITS * 1e6) / (user + system);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const scope = SCOPES[process.argv[2] as ScopeName]();
  await awaitsPerSecond(scope, ROUND_MS / 2);
  console.log((await awaitsPerSecond(scope, ROUND_MS)) / 1e6);
  process.exit();
}
