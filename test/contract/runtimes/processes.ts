/** The app's process on each runtime, as the tests start it. */

import { fileURLToPath } from 'node:url';
import { startProcess } from '../../support/child.ts';
import { bundleWorker } from './bundle-worker.ts';
import { startWorker } from './start-worker.ts';
import { COMPATIBILITY_DATE } from './under-test.ts';

export interface AppProcess extends AsyncDisposable {
  /** Where commands go. */
  readonly control: string;
  /** Where all apps are served, unless each has a port of its own. */
  readonly port: number | undefined;
}

/** By kind of runtime. */
export const RUNTIMES: Readonly<Record<string, (program: string) => Promise<AppProcess>>> = {
  Bun: (program) => started(program, [here('bun.ts')]),
  Deno: (program) => started(program, ['run', '--allow-all', '--no-check', here('deno.ts')]),
  workerd: startedWorker,
};

/** A program that prints the port for commands as its first line. */
async function started(program: string, args: readonly string[]): Promise<AppProcess> {
  const process = startProcess([program, ...args]);
  const { control } = JSON.parse(await process.line()) as { readonly control: number };
  const end = () => process[Symbol.asyncDispose]();
  return { control: urlOf(control), port: undefined, [Symbol.asyncDispose]: end };
}

async function startedWorker(program: string): Promise<AppProcess> {
  const module = await bundleWorker(here('worker.ts'));
  const worker = await startWorker(program, module, {
    compatibilityDate: COMPATIBILITY_DATE,
    entryPoints: ['control'],
  });
  const end = () => worker[Symbol.asyncDispose]();
  const { app, control } = worker.ports;
  return { control: urlOf(control), port: app, [Symbol.asyncDispose]: end };
}

function urlOf(port: number | undefined): string {
  return `http://127.0.0.1:${port}`;
}

function here(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
