/** Runs an app of `apps/` in a process of its own. */

import { get } from 'node:http';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Child, startApp } from '../../support/child.ts';
import { PIPELINE } from '../../support/collector.ts';
import type { CompiledOptions } from '../../support/compiled.ts';
import { type FaultyCollector, startFaultyCollector } from '../../support/faulty-collector.ts';

/** Starts an app of `apps/` with these variables and none of ours from the outside. */
export function start(app: string, variables: Record<string, string> = {}): Child {
  return startIt(app, variables, {});
}

/** The same in one file with all that it imports, which starts in half the time: for tests that start a hundred. */
export function startBundle(app: string, variables: Record<string, string>): Child {
  return startIt(app, variables, { isBundle: true });
}

function startIt(app: string, variables: Record<string, string>, options: CompiledOptions): Child {
  const file = fileURLToPath(new URL(`apps/${app}`, import.meta.url));
  return startApp(file, variables, { limitMs: 90_000, ...options });
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

/** Accepts connections, reads, and never answers. */
export function startHungEnd(): Promise<FaultyCollector> {
  const hang = (socket: Socket) => socket.resume() === socket;
  return startFaultyCollector({ connection: hang });
}

/** An address where nothing listens. */
export async function refusingUrl(): Promise<string> {
  await using end = await startHungEnd();
  return end.url;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
