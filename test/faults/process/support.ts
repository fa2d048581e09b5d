/** Runs an app of `apps/` in a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { PIPELINE } from '../../support/collector.ts';
import { LOOPBACK } from '../../support/loopback.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** What it has said so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** The app's port, once it listens. */
  readonly port: Promise<number>;
  readonly ended: Promise<Ended>;
}

/** Starts an app with these variables and none of ours from the outside. */
export function start(app: string, variables: Record<string, string> = {}): Running {
  const file = fileURLToPath(new URL(`apps/${app}`, import.meta.url));
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(OPENLAYER|NODE_)/.test(name),
  );
  const child = spawn(process.execPath, ['--import=tsx', file], {
    cwd: ROOT,
    env: { ...Object.fromEntries(inherited), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  const ended = new Promise<Ended>((resolve) => {
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
    child.on('close', (code, signal) => {
      clearTimeout(late);
      resolve({ code, signal, ...output });
    });
  });
  const port = new Promise<number>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output.stdout += chunk;
      const found = /listening (\d+)/.exec(output.stdout)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    ended.then((end) => reject(new Error(`ended before it listened: ${JSON.stringify(end)}`)));
  });
  // Not every test asks for the port.
  port.catch(() => {});
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk;
  });
  return { child, output, port, ended };
}

/** The environment that publishes to this address. */
export function publishingTo(baseUrl: string): Record<string, string> {
  return {
    TRACED: '1',
    OPENLAYER_API_KEY: 'test-key',
    OPENLAYER_INFERENCE_PIPELINE_ID: PIPELINE,
    OPENLAYER_BASE_URL: baseUrl,
  };
}

/** The status of an answer, or the code of the error where there was none. */
export function ask(port: number, path: string, headers: Record<string, string> = {}) {
  return new Promise<number | string>((resolve) => {
    get({ port, path, agent: false, headers }, (response) => {
      response.resume().on('close', () => resolve(response.statusCode ?? 0));
    }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

export interface FarEnd extends AsyncDisposable {
  readonly url: string;
}

/** Accepts connections, reads, and never answers. */
export async function startHungEnd(): Promise<FarEnd> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.resume().on('error', () => {});
  });
  await new Promise<void>((resolve) => {
    server.listen(0, LOOPBACK, resolve);
  });
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/v1`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An address where nothing listens. */
export async function refusingUrl(): Promise<string> {
  const end = await startHungEnd();
  await end[Symbol.asyncDispose]();
  return end.url;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
