/** Makes tracers and shuts them down, as many as it is told to, and says what is left of them. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { configure, createTracer, openlayerTracing, type Tracer } from '@openlayer-tracing/express';

const collect = (globalThis as { gc?: () => void }).gc;
if (collect === undefined) throw new Error('needs --expose-gc');
const folder = mkdtempSync(join(tmpdir(), 'gone-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const far = createServer((request, response) => {
  request.resume().on('end', () => response.end('{"success":true}'));
});
await new Promise<void>((resolve) => far.listen(0, '127.0.0.1', resolve));
far.unref();
const baseUrl = `http://127.0.0.1:${(far.address() as AddressInfo).port}/v1`;
const platform = { apiKey: 'test-key', inferencePipelineId: 'pipeline', baseUrl };

/** One that does its work, whatever manages the others. */
const ownScope = () => ({
  name: 'own',
  get: () => undefined,
  run: (_step: unknown, fn: (a: never, b: never) => unknown, a: unknown, b: unknown) =>
    fn(a as never, b as never),
});

const VARIANTS: Record<string, () => Tracer> = {
  plain: () => createTracer(platform),
  transport: () => createTracer({ transport: memoryTransport() }),
  signals: () => createTracer({ ...platform, handleSignals: true }),
  scope: () => createTracer({ ...platform, scope: ownScope() as never }),
  spending: () =>
    createTracer({
      ...platform,
      pricing: { price: () => 1 },
      onUsage: () => {},
      budget: { usd: 1, onExceeded: 'abort' },
    }),
  spool: () => createTracer({ ...platform, spool: { dir: join(folder, 'spool') } }),
  mounted: () => {
    const tracer = createTracer({ ...platform, handleSignals: true });
    openlayerTracing({ tracer });
    return tracer;
  },
};

const open = () => readdirSync('/proc/self/fd').length;
const filesAtStart = open();

const [variant = '', count = '', mode = 'shutdown'] = process.argv.slice(2);
const make = VARIANTS[variant] as () => Tracer;
const refs: WeakRef<Tracer>[] = [];

async function one(): Promise<void> {
  const tracer = mode === 'configure' ? replaced() : make();
  refs.push(new WeakRef(tracer));
  const trace = tracer.startTrace('job');
  // One that ends behind the shutdown.
  const late = tracer.startTrace('late');
  trace.step({ name: 'model', type: 'chat_completion' }, (step) => step.update({ model: 'm' }));
  trace.end();
  if (mode === 'shutdown') await tracer.shutdown();
  else await tracer.flush();
  late.end();
  if (mode !== 'shutdown') await tracer.flush();
}

function replaced(): Tracer {
  return configure({
    ...platform,
    handleSignals: true,
    scope: ownScope() as never,
    spool: { dir: join(folder, 'spool') },
  });
}

for (let n = Number(count); n > 0; n -= 50) {
  await Promise.all(Array.from({ length: Math.min(n, 50) }, one));
}
if (mode === 'configure') configure({ publish: false });
const start = performance.now();
const alive = () => refs.filter((ref) => ref.deref() !== undefined).length;
// Connections that are idle last for four seconds.
do {
  await new Promise((resolve) => setTimeout(resolve, 100));
  collect();
} while ((alive() > 0 || open() > filesAtStart) && performance.now() - start < 8000);

const SCOPE = Symbol.for('openlayer-tracing.scope.v1');
const shared = (globalThis as { [SCOPE]?: { managers: unknown[]; finders: unknown[] } })[SCOPE];
const listeners = ['SIGTERM', 'SIGINT', 'beforeExit', 'uncaughtException', 'unhandledRejection'];
console.log(
  JSON.stringify({
    alive: alive(),
    listeners: Object.fromEntries(listeners.map((name) => [name, process.listenerCount(name)])),
    exit: process.listenerCount('exit'),
    managers: shared?.managers.length,
    finders: shared?.finders.length,
    timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
    files: Math.max(open() - filesAtStart, 0),
    heap: process.memoryUsage().heapUsed,
  }),
);
process.exit(0);
