/** Starts the program in its own process, a local trace server, and a backend for OpenTelemetry. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));

export interface RunningApp extends AsyncDisposable {
  readonly url: string;
  /** Receives the rows. */
  readonly traces: LocalServer;
  /** Receives the spans, and assembles them to rows. */
  readonly backend: LocalServer;
  /** Asks the app. The request id becomes the inference ID. */
  ask(inferenceId: string, question: string, signal?: AbortSignal): Promise<Response>;
  /** Ends the program as Ctrl-C does. Fails if it exits with an error or wrote to stderr. */
  end(): Promise<void>;
}

export interface RunOptions {
  /** The program's folder, if it is not this example's. */
  readonly dist?: string;
  /** The file that sets up OpenTelemetry. */
  readonly instrumentation?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export async function runApp({
  dist = DIST,
  instrumentation = `${dist}instrumentation.js`,
  env = {},
}: RunOptions = {}): Promise<RunningApp> {
  const traces = await startLocalServer();
  const backend = await startLocalServer();
  const { OPENAI_API_KEY: _key, NODE_OPTIONS: _options, ...inherited } = process.env;
  const program = spawn(process.execPath, ['--import', instrumentation, `${dist}main.js`], {
    env: {
      ...inherited,
      PORT: '0',
      OPENLAYER_API_KEY: 'test',
      OPENLAYER_INFERENCE_PIPELINE_ID: '2b3c1b6e-51f4-4c8e-9d0a-000000000001',
      OPENLAYER_BASE_URL: traces.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: new URL(backend.url).origin,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20test',
      OTEL_SERVICE_NAME: 'huts',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(program, 'exit');
  const complaints = text(program.stderr);
  const close = async () => {
    program.kill('SIGKILL');
    await ended;
    await traces.close();
    await backend.close();
  };
  const started = once(program.stdout.setEncoding('utf8'), 'data');
  const greeting = await Promise.race([started, ended.then(() => undefined)]);
  if (greeting === undefined) {
    await close();
    throw new Error(`the program did not start: ${await complaints}`);
  }
  const url = String(/http:\/\/localhost:\d+/.exec(greeting[0])?.[0]);
  return {
    url,
    traces,
    backend,
    ask: (inferenceId, question, signal) =>
      fetch(`${url}/ask`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-request-id': inferenceId,
          connection: 'close',
        },
        body: JSON.stringify({ question }),
        ...(signal && { signal }),
      }),
    async end() {
      program.kill('SIGINT');
      assert.deepEqual(await ended, [0, null]);
      assert.equal(await complaints, '');
    },
    [Symbol.asyncDispose]: close,
  };
}
