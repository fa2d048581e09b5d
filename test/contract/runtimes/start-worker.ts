/** A workerd of one's own. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProcess } from '../../support/child.ts';
import { type WorkerSettings, workerConfig } from './worker-config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A worker can call its own handlers of schedules and queues in experiments alone. */
const SERVE = ['serve', '--experimental', '--control-fd=3'];

/** workerd finds the ports of its sockets itself, and tells them on a channel of their own. */
export async function startWorker(
  program: string,
  module: string,
  settings: WorkerSettings,
  env?: Environment,
): Promise<AsyncDisposable & { readonly ports: Readonly<Record<string, number>> }> {
  const folder = await mkdtemp(join(tmpdir(), 'worker-'));
  const config = workerConfig(settings);
  await writeFile(join(folder, 'worker.js'), module);
  await writeFile(join(folder, 'config.capnp'), config);
  const worker = startProcess([program, ...SERVE, join(folder, 'config.capnp')], {
    env,
    channel: 'pipe',
  });
  const ports: Record<string, number> = {};
  for (const _ of config.matchAll(/address = /g)) {
    const told = JSON.parse(await worker.controlLine()) as { socket: string; port: number };
    ports[told.socket] = told.port;
  }
  return {
    ports,
    async [Symbol.asyncDispose]() {
      await worker[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
