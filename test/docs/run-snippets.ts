/**
 * Runs the snippets of our pages, one after another, in a process of its own: this file is that process. Traces go to the
 * local server, and calls of models to a server that speaks like their providers.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createAdaptorServer } from '@hono/node-server';
import { configure, createTracer, flush, openlayerTracing } from '@openlayer-tracing/express';
import { renderTrace } from '@openlayer-tracing/local';
import express from 'express';
import { Hono } from 'hono';
import Koa from 'koa';
import OpenAI from 'openai7';
import { startCollector } from '../support/collector.ts';
import { startLlmServer } from '../support/llm-server/index.ts';

export interface SnippetToRun {
  /** The file that it was compiled to. */
  readonly module: string;
  readonly helpers: readonly string[];
  readonly requests: readonly string[];
}

export interface SnippetRun {
  /** Why it failed. */
  readonly error?: string | undefined;
  /** How many requests were sent to its app. */
  readonly requests: number;
  /** What it wrote to stderr. */
  readonly stderr: string;
  /** Its traces, in the order in which their requests were sent. */
  readonly trees: readonly string[];
  readonly rows: readonly unknown[];
}

interface Running {
  readonly number: number;
  error?: unknown;
  stderr: string;
  requests: number;
}

/** So that a snippet may write what a user would, `app.listen(3000)`, beside other tests. */
const { listen } = Server.prototype;
const listening: Server[] = [];
Server.prototype.listen = function listenAnywhere(this: Server, ...args: unknown[]) {
  listening.push(this);
  const [port, ...rest] = args;
  return Reflect.apply(listen, this, [port === 3000 ? 0 : port, ...rest]);
} as typeof listen;

const ANSWER = '20 cents a day, at most 5 euros.';

const LIMIT_MS = 60_000;

/** `POST /chat accept: text/plain {"question":"Why?"} -> 503` */
const REQUEST = /^(\w+) (\S+)((?: [\w-]+: [^\s{]\S*)*)(?: (?!->)(.+?))?(?: -> (\d+))?$/;

/** A model of OpenAI's that has one answer to all questions. */
async function startChat(): Promise<{ readonly url: string }> {
  const server = createServer(async (req, res) => {
    let text = '';
    for await (const chunk of req) text += String(chunk);
    const { model = '' } = JSON.parse(text) as { model?: string };
    res.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1,
        model,
        choices: [
          { index: 0, message: { role: 'assistant', content: ANSWER }, finish_reason: 'stop' },
        ],
        usage: { prompt_tokens: 96, completion_tokens: 14, total_tokens: 110 },
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** What `snippets.ts` declares. */
const PASSAGES = [{ title: 'Late fees', text: 'Books cost 20 cents a day.' }];
const HELPERS = {
  ask: async (question: string) => `You asked: ${question}`,
  index: { search: async () => PASSAGES },
  model: { answer: async (question: string) => `You asked: ${question}` },
  question: 'What are the late fees?',
  query: async function* () {
    yield { type: 'result', result: 'It is fixed.' };
  },
  search: async () => PASSAGES,
};

const snippets = await new Promise<SnippetToRun[]>((resolve) => process.once('message', resolve));
const collector = await startCollector();
const llm = await startLlmServer();
const chat = await startChat();
Object.assign(process.env, {
  OPENLAYER_API_KEY: 'test-key',
  OPENLAYER_INFERENCE_PIPELINE_ID: collector.tracer.inferencePipelineId,
  OPENLAYER_BASE_URL: collector.server.url,
  OPENAI_API_KEY: 'sk-test',
  OPENAI_BASE_URL: `${chat.url}/v1`,
  ANTHROPIC_API_KEY: 'sk-test',
  ANTHROPIC_BASE_URL: llm.url,
  AWS_REGION: 'eu-west-1',
  GROQ_API_KEY: 'sk-test',
  GROQ_BASE_URL: llm.url,
  TOGETHER_API_KEY: 'sk-test',
});
// A snippet that names a folder means one of its own.
const folder = mkdtempSync(join(tmpdir(), 'snippets-'));
process.chdir(folder);

const current = new AsyncLocalStorage<Running>();
let latest: Running | undefined;
const { stderr } = process;
stderr.write = (text: unknown) => {
  const running = current.getStore() ?? latest;
  if (running !== undefined) running.stderr += String(text);
  return true;
};
// What snippets print is of no interest here.
process.stdout.write = () => true;

// The row that pages of feedback speak of.
createTracer({ batch: { maxDelayMs: 1 } })
  .startTrace({ name: 'POST /chat', inferenceId: 'req-42' })
  .end();

const runs: Running[] = [];
for (const [number, snippet] of snippets.entries()) {
  const running: Running = { number, stderr: '', requests: 0 };
  latest = running;
  runs.push(running);
  await current.run(running, async () => {
    try {
      await within(LIMIT_MS, run(snippet, running));
    } catch (error) {
      running.error = error;
    }
  });
}

// Rows of tracers with settings of their own wait for a second.
const wanted = runs.reduce((sum, { requests }) => sum + requests, 1);
await flush();
for (let waited = 0; waited < 3000 && collector.server.rows().length < wanted; waited += 50) {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
const rows = collector.server.rows();
const results = runs.map(({ number, error, stderr, requests }): SnippetRun => {
  const own = Array.from({ length: requests }, (_, request) =>
    rows.find(({ inferenceId }) => inferenceId === idOf(number, request)),
  ).filter((row) => row !== undefined);
  return {
    stderr,
    requests,
    error: error === undefined ? undefined : String(error),
    trees: own.map((row) => renderTrace(row, { timings: false })),
    rows: own,
  };
});
const problem = await collector[Symbol.asyncDispose]().then(
  () => undefined,
  (error: unknown) => String(error),
);
process.chdir(tmpdir());
rmSync(folder, { recursive: true, force: true });
await new Promise((resolve) => process.send?.({ results, problem }, resolve));
process.exit();

async function run(snippet: SnippetToRun, running: Running): Promise<void> {
  configure({ batch: { maxDelayMs: 5 } });
  const load = () => import(pathToFileURL(snippet.module).href) as Promise<Made>;
  const { helpers } = snippet;
  const uses = (...names: string[]) => names.some((name) => helpers.includes(name));
  Object.assign(globalThis, HELPERS, { openai: new OpenAI() });
  let requests = snippet.requests;
  let app: unknown;
  listening.length = 0;
  if (uses('req', 'res')) {
    app = hostOf(load);
    if (requests.length === 0) requests = ['POST /chat {"question":"Why?"}'];
  } else if (uses('app')) {
    app = express();
    Object.assign(globalThis, { app });
    await load();
    (app as express.Express)
      .use(express.json())
      .get('/', (_req, res) => void res.json({ ok: true }))
      .post('/chat', (req, res) => void res.json({ answer: `You asked: ${req.body.question}` }));
    if (requests.length === 0) requests = ['GET /'];
  } else {
    const made = await load();
    app = made.snippetApp ?? made.default;
  }
  if (requests.length === 0) return;
  await using server = await serverOf(app);
  for (const request of requests) {
    await send(request, server.url, idOf(running.number, running.requests++));
  }
}

interface Made {
  readonly snippetApp?: unknown;
  readonly default?: unknown;
}

/** An app whose handler is the snippet. */
function hostOf(load: () => Promise<Made>): unknown {
  const app = express();
  app.use(openlayerTracing(), express.json());
  app.post('/chat', async (req, res) => {
    Object.assign(globalThis, { req, res });
    await load();
    if (!res.headersSent) res.json({ ok: true });
  });
  return app;
}

interface Served extends AsyncDisposable {
  readonly url: string;
}

async function serverOf(app: unknown): Promise<Served> {
  const found = listening.find((server) => server.listening);
  const server = found ?? createServerOf(app).listen(0, '127.0.0.1');
  if (!server.listening) await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      if ('closeAllConnections' in server) (server.closeAllConnections as () => void)();
      server.close();
    },
  };
}

/** Of Express, Koa, Hono, or an object with a `fetch` as Workers have it. */
function createServerOf(app: unknown): Server {
  if (typeof app === 'function') return createServer(app as RequestListener);
  if (app instanceof Koa) return createServer(app.callback());
  const { fetch } = app as { fetch(request: Request, env: object, context: object): Response };
  const context = { waitUntil: () => {}, passThroughOnException: () => {} };
  const isHono = app instanceof Hono;
  return createAdaptorServer({
    fetch: (request, env) =>
      fetch.call(app, request, isHono ? env : process.env, isHono ? (undefined as never) : context),
  }) as Server;
}

async function send(request: string, url: string, id: string): Promise<void> {
  const [, method = '', path = '', given = '', body, status] = REQUEST.exec(request) ?? [];
  if (method === '') throw new Error(`this is no request: ${request}`);
  const headers = new Headers({ 'x-request-id': id });
  if (body !== undefined) headers.set('content-type', 'application/json');
  for (const [, name = '', value = ''] of given.matchAll(/([\w-]+): (\S+)/g))
    headers.set(name, value);
  const response = await fetch(`${url}${path}`, { method, headers, body: body ?? null });
  const text = await response.text();
  const isExpected = status === undefined ? response.ok : response.status === Number(status);
  if (!isExpected)
    throw new Error(`${request} was answered by ${response.status}: ${text.slice(0, 300)}`);
}

function idOf(snippet: number, request: number): string {
  return `req-${snippet}-${request}`;
}

async function within(limitMs: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${limitMs} ms`)), limitMs);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
