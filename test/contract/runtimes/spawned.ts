/** Processes of other runtimes, and what they say of themselves when they are ready. */

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type WorkerSettings, workerConfig } from './worker-config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Spawned extends AsyncDisposable {
  /** The next line of its output. */
  line(): Promise<string>;
  /** The next line of its fourth channel. */
  controlLine(): Promise<string>;
}

export function spawned(
  program: string,
  args: readonly string[],
  env: Environment = process.env,
): Spawned {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit', 'pipe'], env });
  return {
    line: linesOf(child.stdout),
    controlLine: linesOf(child.stdio[3] as Readable),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
  };
}

function linesOf(stream: Readable | null): () => Promise<string> {
  if (stream === null) throw new Error('the process has no such channel');
  const lines = createInterface(stream)[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the process ended before it was ready');
    return value;
  };
}

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
  const worker = spawned(program, [...SERVE, join(folder, 'config.capnp')], env);
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
