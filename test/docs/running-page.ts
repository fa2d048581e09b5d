/** The app that a page of the guide shows, run by itself as a user would. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from '../contract/harness/pause.ts';
import { type Collector, PIPELINE, startCollector } from '../support/collector.ts';
import { freePort } from '../support/free-port.ts';

export interface RunningPage extends AsyncDisposable {
  readonly url: string;
  readonly collector: Collector;
  /** What it has printed so far. */
  readonly printed: string;
}

/** Runs a compiled app that listens at `PORT`, with a collector for its traces. */
export async function startPage(
  folder: string,
  entry: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningPage> {
  const collector = await startCollector();
  const port = await freePort();
  const child = spawn(process.execPath, ['--import', SENDS_SOON, join(folder, entry)], {
    cwd: folder,
    env: { ...process.env, ...envFor(collector), PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const url = `http://127.0.0.1:${port}`;
  const isUp = () =>
    fetch(`${url}/health`).then(
      () => true,
      () => false,
    );
  await until(async () => {
    assert.equal(child.exitCode, null, printed);
    return isUp();
  }, `${entry} to listen`);
  return {
    url,
    collector,
    get printed() {
      return printed;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await collector[Symbol.asyncDispose]();
    },
  };
}

/** Nobody waits a second for each row. */
const SENDS_SOON = `data:text/javascript,${encodeURIComponent(`
  import { createRequire } from 'node:module';
  const { configure } = createRequire(process.cwd() + '/')('@openlayer-tracing/core');
  configure({ batch: { maxDelayMs: 10 } });
`)}`;

/** What an app has in its environment that publishes to the collector. */
export function envFor(collector: Collector): Readonly<Record<string, string>> {
  return {
    OPENLAYER_API_KEY: 'test-key',
    OPENLAYER_INFERENCE_PIPELINE_ID: PIPELINE,
    OPENLAYER_BASE_URL: collector.server.url,
  };
}
