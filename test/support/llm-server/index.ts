/** A server that speaks the APIs of LLM providers, deterministically, and misbehaves where it is asked to. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { anthropicMessages } from './anthropic.ts';
import { converse, converseStream, invokeModel } from './bedrock.ts';
import { cohereChat, cohereChatV1, cohereEmbed, cohereRerank } from './cohere.ts';
import { type Exchange, type Handler, pause } from './exchange.ts';
import { embedContents, generateContent } from './gemini.ts';
import { huggingFaceTask } from './hugging-face.ts';
import { askForPrediction, falQueue, falRun, makePrediction, streamPrediction } from './jobs.ts';
import { misbehave } from './misbehave.ts';
import { fimCompletions, mistralChat } from './mistral.ts';
import { ollamaChat, ollamaEmbed, ollamaGenerate } from './ollama.ts';
import { chatCompletions } from './openai-chat.ts';
import {
  completions,
  embeddings,
  imageGenerations,
  moderations,
  speech,
  transcriptions,
} from './openai-other.ts';
import { responses } from './openai-responses.ts';
import { openRouterChat, openRouterResponse } from './openrouter.ts';
import { rerankings, voyageEmbeddings } from './voyage.ts';

export interface LlmServer extends AsyncDisposable {
  /** Without a path. */
  readonly url: string;
  /** The same, for clients that speak nothing but HTTP/2. */
  readonly http2Url: string;
  /** What was asked, in order of arrival. */
  readonly asked: Asked[];
}

export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Parsed where it was JSON. */
  readonly body: unknown;
  readonly bytes: number;
}

const ROUTES: readonly (readonly [path: RegExp, handler: Handler])[] = [
  [/\/mistral\/v1\/(chat|agents)\/completions$/, mistralChat],
  [/\/fim\/completions$/, fimCompletions],
  [/^\/openrouter\/.*\/chat\/completions$/, openRouterChat],
  [/\/chat\/completions$/, chatCompletions],
  [/\/v1\/completions$/, completions],
  [/^\/openrouter\/.*\/responses$/, openRouterResponse],
  [/\/responses$/, responses],
  [/\/embeddings$/, embeddings],
  [/\/images\/generations$/, imageGenerations],
  [/\/moderations$/, moderations],
  [/\/audio\/speech$/, speech],
  [/\/audio\/transcriptions$/, transcriptions],
  [/\/v1\/messages$/, anthropicMessages],
  [/:(streamGenerateContent|generateContent)$/, generateContent],
  [/\/converse$/, converse],
  [/\/converse-stream$/, converseStream],
  [/\/invoke(-with-response-stream)?$/, invokeModel],
  [/:(embedContent|batchEmbedContents)$/, embedContents],
  [/\/api\/chat$/, ollamaChat],
  [/\/api\/generate$/, ollamaGenerate],
  [/\/api\/embed$/, ollamaEmbed],
  [/\/v2\/chat$/, cohereChat],
  [/\/v1\/chat$/, cohereChatV1],
  [/\/v2\/embed$/, cohereEmbed],
  [/\/v2\/rerank$/, cohereRerank],
  [/\/(multimodal|contextualized)embeddings$/, voyageEmbeddings],
  [/\/rerank$/, rerankings],
  [/^\/fal\.run\//, falRun],
  [/^\/queue\.fal\.run\//, falQueue],
  [/\/predictions$/, makePrediction],
  [/\/predictions\/[^/]+(\/cancel)?$/, askForPrediction],
  [/\/v1\/files\/fddq-/, streamPrediction],
  [/\/models\/[^:]+$|\/generate(_stream)?$/, huggingFaceTask],
];

export async function startLlmServer(): Promise<LlmServer> {
  const asked: Asked[] = [];
  const attempts = new Map<string, number>();
  const server = createServer((req, res) => void serve(req, res));
  const http2Server = createHttp2Server(
    (req, res) => void serve(req as unknown as IncomingMessage, res as unknown as ServerResponse),
  );
  const sessions = new Set<ServerHttp2Session>();
  http2Server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const bytes = await bodyOf(req);
    const path = new URL(req.url ?? '/', 'http://local').pathname;
    if (path === '/arrival') {
      const name = req.headers['x-case'];
      const isThere = () => asked.some(({ headers }) => headers['x-case'] === name);
      while (!isThere() && !res.destroyed) await pause(5);
      res.end();
      return;
    }
    const isJson = bytes[0] === '{'.charCodeAt(0);
    const body: unknown = isJson ? JSON.parse(bytes.toString('utf8')) : undefined;
    asked.push({ path, headers: req.headers, body, bytes: bytes.byteLength });
    const scenario = String(req.headers['x-scenario'] ?? '');
    const key = `${scenario}:${req.headers['x-case'] ?? ''}`;
    const attempt = attempts.get(key) ?? 0;
    attempts.set(key, attempt + 1);
    const exchange: Exchange = {
      params: (body ?? {}) as Record<string, unknown>,
      scenario,
      attempt,
      path,
      req,
      res,
    };
    if (misbehave(exchange)) return;
    const late = Number(/^late-(\d+)\b/.exec(scenario)?.[1] ?? 0);
    if (late > 0) await pause(late);
    const handler = ROUTES.find(([pattern]) => pattern.test(path))?.[1];
    if (handler === undefined) res.writeHead(404).end('{"error":{"message":"no such path"}}');
    else await handler(exchange);
  }
  const [url, http2Url] = await Promise.all([urlOf(server), urlOf(http2Server)]);
  return {
    url,
    http2Url,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
      await new Promise((resolve) => http2Server.close(resolve));
    },
  };
}

async function urlOf(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
