/** WebSockets of Hono on the runtime that the environment names. */

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { startProcess } from '../../support/child.ts';
import { startCollector } from '../../support/collector.ts';
import { type Serving, SOCKET_ENDS, socketTests } from '../harness/sockets.ts';
import { httpOf } from '../harness/stage.ts';
import { bundleWorker } from './bundle-worker.ts';
import { startWorker } from './start-worker.ts';
import { COMPATIBILITY_DATE, KIND, PROGRAM, RUNTIME } from './under-test.ts';

interface App extends AsyncDisposable {
  readonly port: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const STARTS: Readonly<Record<string, (env: Environment) => Promise<App>>> = {
  Bun: (env) => started([here('sockets-bun.ts')], env),
  Deno: (env) => started(['run', '--allow-all', '--no-check', here('sockets-deno.ts')], env),
  workerd: async (env) => {
    const settings = { compatibilityDate: COMPATIBILITY_DATE, variables: ['TRACER'] };
    const module = await bundleWorker(here('sockets-worker.ts'));
    const worker = await startWorker(PROGRAM, module, settings, env);
    const end = () => worker[Symbol.asyncDispose]();
    return { port: worker.ports.app ?? 0, [Symbol.asyncDispose]: end };
  },
};

describe(`Hono 4 on ${RUNTIME}, WebSockets`, () => {
  const resources: AsyncDisposable[] = [];
  let serving: Serving | undefined;

  before(async () => {
    const start = STARTS[KIND];
    if (start === undefined) throw new Error(`${KIND} is none of ${Object.keys(STARTS)}`);
    const collector = await startCollector();
    resources.push(collector);
    const env = { ...process.env, TRACER: JSON.stringify(collector.tracer) };
    const app = await start(env);
    resources.unshift(app);
    const url = `http://127.0.0.1:${app.port}`;
    const report = async () =>
      (await fetch(`${url}/report`)).json() as ReturnType<Serving['report']>;
    serving = { url, collector, report };
  });

  after(async () => {
    for (const resource of resources) await resource[Symbol.asyncDispose]();
  });

  // No runtime but Node shows how a socket has closed.
  for (const [n, { what, end }] of SOCKET_ENDS.entries()) {
    it(`are completed where ${what}`, async () => {
      const { url, collector } = serving as Serving;
      const headers = { 'x-request-id': `end-${n}` };
      const socket = new WebSocket(`${url.replace('http', 'ws')}/traced/rooms/1`, { headers });
      socket.on('error', () => {});
      socket.once('open', () => end(socket));
      const http = httpOf(await collector.row(`end-${n}`));
      assert.deepEqual([http.status, http.outcome], [101, 'completed']);
    });
  }

  socketTests(() => serving as Serving);
});

async function started(args: readonly string[], env: Environment): Promise<App> {
  const process = startProcess([PROGRAM, ...args], { env });
  const port = Number(await process.line());
  return { port, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}

function here(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
