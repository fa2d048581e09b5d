/** The app's process on each runtime, as the tests start it. */

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { bundleWorker } from './bundle-worker.ts';

export interface AppProcess extends AsyncDisposable {
  /** Where commands go. */
  readonly control: string;
  /** Where all apps are served, unless each has a port of its own. */
  readonly port: number | undefined;
}

export const RUNTIMES: Readonly<Record<string, (program: string) => Promise<AppProcess>>> = {
  Bun: (program) => started(program, [here('bun.ts')]),
  Deno: (program) => started(program, ['run', '--allow-all', '--no-check', here('deno.ts')]),
  workerd: startedWorker,
};

/** A program that prints the port for commands as its first line. */
async function started(program: string, args: readonly string[]): Promise<AppProcess> {
  const { child, lines } = run(program, args);
  const { control } = await nextOf(lines(child.stdout as Readable));
  return { control: urlOf(control), port: undefined, [Symbol.asyncDispose]: () => ended(child) };
}

/** workerd finds its ports itself, and tells them on a channel of their own. */
async function startedWorker(program: string): Promise<AppProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'worker-'));
  await writeFile(join(folder, 'worker.js'), await bundleWorker(here('worker.ts')));
  await writeFile(join(folder, 'config.capnp'), await readFile(here('workerd.capnp')));
  const { child, lines } = run(program, ['serve', join(folder, 'config.capnp'), '--control-fd=3']);
  const told = lines(child.stdio[3] as Readable);
  const ports = new Map<unknown, unknown>();
  while (ports.size < 2) {
    const { socket, port } = await nextOf(told);
    ports.set(socket, port);
  }
  return {
    control: urlOf(ports.get('control')),
    port: Number(ports.get('app')),
    async [Symbol.asyncDispose]() {
      await ended(child);
      await rm(folder, { recursive: true });
    },
  };
}

function run(program: string, args: readonly string[]) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  const lines = (stream: Readable) => createInterface(stream)[Symbol.asyncIterator]();
  return { child, lines };
}

async function nextOf(lines: AsyncIterator<string>): Promise<Readonly<Record<string, unknown>>> {
  const { value, done } = await lines.next();
  if (done === true) throw new Error('the app’s process ended before it was ready');
  return JSON.parse(value) as Record<string, unknown>;
}

function ended(child: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

function urlOf(port: unknown): string {
  return `http://127.0.0.1:${port}`;
}

function here(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
