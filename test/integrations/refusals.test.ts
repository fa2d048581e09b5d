/** What a provider says when it refuses a call, which may repeat what it was sent. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { ChatAnthropic } from '@langchain/anthropic';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { traceModel, traceTools } from '@openlayer-tracing/integrations/ai-sdk';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { traceBedrock } from '@openlayer-tracing/integrations/bedrock';
import { traceClaudeAgent } from '@openlayer-tracing/integrations/claude-agent-sdk';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { traceMCPClient } from '@openlayer-tracing/integrations/mcp';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { generateText } from 'ai7';
import { createOpenAI } from 'ai7-openai';
import Anthropic from 'anthropic1';
import { BedrockRuntimeClient, ConverseCommand } from 'bedrock3';
import { CohereClientV2 } from 'cohere8';
import { GoogleGenAI } from 'genai3';
import { Mistral } from 'mistral2';
import { Ollama } from 'ollama0-6';
import OpenAI from 'openai7';

const SECRET = 'canary-41c7';
const messages = [{ role: 'user' as const, content: SECRET }];

interface Options {
  readonly content?: boolean;
  readonly redact?: (content: unknown) => string;
}
type Call = (url: string, options: Options) => Promise<unknown>;

const CLIENTS: Readonly<Record<string, Call>> = {
  OpenAI: (url, options) =>
    traceOpenAI(
      new OpenAI({ apiKey: 'k', baseURL: url, maxRetries: 0 }),
      options,
    ).chat.completions.create({ model: 'm', messages }),
  Anthropic: (url, options) =>
    traceAnthropic(
      new Anthropic({ apiKey: 'k', baseURL: url, maxRetries: 0 }),
      options,
    ).messages.create({ model: 'm', messages, max_tokens: 9 }),
  Gemini: (url, options) =>
    traceGoogleGenAI(
      new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } }),
      options,
    ).models.generateContent({ model: 'm', contents: SECRET }),
  Mistral: (url, options) =>
    traceMistral(new Mistral({ apiKey: 'k', serverURL: url }), options).chat.complete({
      model: 'm',
      messages,
    }),
  Cohere: (url, options) =>
    traceCohere(new CohereClientV2({ token: 'k', environment: url, maxRetries: 0 }), options).chat({
      model: 'm',
      messages,
    }),
  Ollama: (url, options) =>
    traceOllama(new Ollama({ host: url }), options).chat({ model: 'm', messages }),
  Bedrock: (endpoint, options) =>
    traceBedrock(
      new BedrockRuntimeClient({
        region: 'eu-west-1',
        endpoint,
        token: { token: 't' },
        authSchemePreference: ['httpBearerAuth'],
        maxAttempts: 1,
      }),
      options,
    ).send(
      new ConverseCommand({
        modelId: 'm',
        messages: [{ role: 'user', content: [{ text: SECRET }] }],
      }),
    ),
  fetch: (url, options) =>
    tracedFetch({ ...options })(`${url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', messages }),
    }).then((response) => response.text()),
  'AI SDK': (url, options) =>
    generateText({
      model: traceModel(createOpenAI({ apiKey: 'k', baseURL: url }).chat('m'), options),
      // Other tests of the process may have the SDK itself record all, with content.
      telemetry: { isEnabled: false },
      prompt: SECRET,
      maxRetries: 0,
    }),
  "LangChain's OpenAI": (url, options) => {
    const configuration = { baseURL: url };
    return new ChatOpenAI({ model: 'm', apiKey: 'k', configuration, maxRetries: 0 }).invoke(
      SECRET,
      { callbacks: callbacksWith(options) },
    );
  },
  "LangChain's Anthropic": (url, options) => {
    return new ChatAnthropic({
      model: 'm',
      apiKey: 'k',
      anthropicApiUrl: url,
      maxRetries: 0,
    }).invoke(SECRET, { callbacks: callbacksWith(options) });
  },
};

/** Options of one call: those of the whole process are others' as well. */
function callbacksWith(options: Options): CallbackManager {
  class Own extends CallbackManager {
    static override _configureSync(): CallbackManager | undefined {
      return undefined;
    }
  }
  traceLangChain(Own, options);
  return Own._configureSync() as CallbackManager;
}

const complaint = { type: 'missing', loc: ['body', 'model'], msg: 'Field required', input: SECRET };
const BODIES: Readonly<Record<string, string>> = {
  "OpenAI's message": JSON.stringify({
    error: {
      type: 'invalid_request_error',
      code: null,
      param: SECRET,
      message: `Invalid value: '${SECRET}'.`,
    },
  }),
  "Anthropic's message": JSON.stringify({
    type: 'error',
    error: { type: 'invalid_request_error', message: `prompt is too long: ${SECRET}` },
  }),
  "Gemini's message": JSON.stringify({
    error: {
      code: 400,
      status: 'INVALID_ARGUMENT',
      message: `Invalid value at 'contents' (${SECRET})`,
      details: [{ fieldViolations: [{ field: 'contents', description: SECRET }] }],
    },
  }),
  "Groq's failed generation": JSON.stringify({
    error: {
      type: 'invalid_request_error',
      code: 'tool_use_failed',
      message: 'Failed to call a function.',
      failed_generation: SECRET,
    },
  }),
  'a message alone': JSON.stringify({ message: `cannot take ${SECRET}` }),
  'a detail alone': JSON.stringify({ detail: `cannot take ${SECRET}` }),
  'a text as its error': JSON.stringify({ error: `cannot take ${SECRET}` }),
  'a sentence as its type': JSON.stringify({ error: { type: `no ${SECRET}`, message: 'bad' } }),
  "FastAPI's complaints": JSON.stringify({ detail: [complaint] }),
  'an object of its own': JSON.stringify({ request: { prompt: SECRET } }),
  'an object of an error': JSON.stringify({ error: { type: 'bad', given: SECRET } }),
  'a list': JSON.stringify([{ input: SECRET }]),
  'JSON that is cut': `{"input":"${SECRET}`,
  'no JSON': `<html>cannot take ${SECRET}</html>`,
};

/** How a failure is answered. */
type Failure = (res: ServerResponse) => void;

function refusal(body: string): Failure {
  const type = body.startsWith('<') ? 'text/html' : 'application/json';
  return (res) => {
    res.writeHead(422, { 'content-type': type });
    res.end(body);
  };
}

/** The rows of a call that fails so. */
async function rowsOf(
  failure: string | Failure,
  call: Call,
  options: Options,
): Promise<readonly WireRow[]> {
  const fail = typeof failure === 'string' ? refusal(failure) : failure;
  const listen = (req: IncomingMessage, res: ServerResponse) => {
    req.resume().on('end', () => fail(res));
  };
  // Bedrock's client speaks HTTP/2 alone.
  const isHttp2 = call === CLIENTS.Bedrock;
  const sessions = new Set<ServerHttp2Session>();
  const server = isHttp2 ? createHttp2Server(listen as never) : createServer(listen);
  server.on('session', (session: ServerHttp2Session) => sessions.add(session));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  using captured = captureTraces();
  try {
    await call(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, options).catch(
      () => {},
    );
    return await captured.rows();
  } finally {
    for (const session of sessions) session.destroy();
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  }
}

describe('an error response that repeats the prompt', () => {
  for (const [client, call] of Object.entries(CLIENTS)) {
    it(`is not recorded for ${client} with content: false`, async () => {
      for (const [what, body] of Object.entries(BODIES)) {
        for (const options of [{ content: false }, { redact: () => '[masked]' }]) {
          const rows = await rowsOf(body, call, options);
          assert.equal(rows.length, 1, what);
          const said = JSON.stringify(rows);
          assert.match(said, /422|Unprocessable|bad|Error/, what);
          assert.ok(!said.includes(SECRET), `${what}: ${said}`);
        }
      }
    });
  }

  for (const [client, call] of Object.entries(CLIENTS)) {
    it(`is recorded for ${client} as redact returns it`, async () => {
      const redact = (content: unknown) =>
        typeof content === 'string' ? content.replaceAll(SECRET, '[masked]') : '[masked]';
      for (const what of ["OpenAI's message", "Anthropic's message", "Gemini's message"]) {
        const rows = await rowsOf(BODIES[what] as string, call, { redact });
        const said = JSON.stringify(rows);
        assert.match(said, /Invalid value|prompt is too long/, what);
        assert.ok(said.includes('[masked]'), what);
        assert.ok(!said.includes(SECRET), `${what}: ${said}`);
      }
    });
  }

  it('is not recorded with content: false, also under a status of success', async () => {
    const bodies = ["OpenAI's message", "Anthropic's message", "Gemini's message", 'a list'];
    for (const [client, call] of Object.entries(CLIENTS)) {
      for (const what of [...bodies, 'no JSON']) {
        const body = BODIES[what] as string;
        for (const type of ['application/json', 'text/event-stream', 'application/x-ndjson']) {
          for (const options of [{ content: false }, { redact: () => '[masked]' }]) {
            const reply: Failure = (res) => {
              res.writeHead(200, { 'content-type': type });
              res.end(type === 'text/event-stream' ? `data: ${body}\n\n` : `${body}\n`);
            };
            const rows = await rowsOf(reply, call, options);
            const said = JSON.stringify(rows);
            assert.equal(rows.length, 1, `${client}, ${what}, ${type}`);
            assert.ok(!said.includes(SECRET), `${client}, ${what}, ${type}: ${said}`);
          }
        }
      }
    }
  });

  it('is recorded without the value that it repeats', async () => {
    const body = BODIES["FastAPI's complaints"] as string;
    for (const name of ['OpenAI', 'fetch'] as const) {
      const [row] = await rowsOf(body, CLIENTS[name] as Call, {});
      assert.equal(row?.steps[0]?.metadata?.error, '422 body.model: Field required');
    }
  });
});

/** The parameters of a request are settings, but some hold what the user said, or who that is. */
const SETTINGS = {
  user: SECRET,
  stop: SECRET,
  metadata: { told: SECRET },
  prompt_cache_key: SECRET,
  safety_identifier: SECRET,
  prediction: { type: 'content', content: SECRET },
  response_format: { type: 'json_schema', json_schema: { name: SECRET, schema: {} } },
  tools: [{ type: 'function', function: { name: SECRET, parameters: {} } }],
  tool_choice: { type: 'function', function: { name: SECRET } },
  logit_bias: { [SECRET]: 1 },
  whatever_comes: SECRET,
};

type Answered = Readonly<Record<string, unknown>>;

/** What a client of each kind is asked with, and the answers of success that fail all the same. */
const ANSWERED: readonly {
  readonly title: string;
  readonly path: string;
  readonly body: Answered;
  readonly failures: Readonly<Record<string, Answered>>;
  /** How the answers become the events of a stream. */
  readonly event?: (answer: Answered) => Answered;
}[] = [
  {
    title: 'chat',
    path: '/v1/chat/completions',
    body: { model: 'm', messages, ...SETTINGS },
    failures: {
      'an error': { error: { type: 'server_error', param: SECRET, message: `no: ${SECRET}` } },
      'a text as its error': { error: `no: ${SECRET}` },
      'an error of a choice': {
        choices: [{ index: 0, error: { code: 502, message: `no: ${SECRET}` } }],
      },
      'an error with what the provider below said': {
        error: { code: 502, message: 'Provider returned error', metadata: { raw: SECRET } },
      },
      'the error itself': { object: 'error', message: `no: ${SECRET}`, type: 'BadRequestError' },
    },
  },
  {
    title: 'responses',
    path: '/v1/responses',
    body: { model: 'm', input: SECRET, instructions: SECRET, ...SETTINGS },
    failures: {
      'a failed one': {
        id: 'resp_1',
        object: 'response',
        status: 'failed',
        error: { code: 'server_error', message: `no: ${SECRET}` },
      },
      'an error': { type: 'error', code: 'server_error', message: `no: ${SECRET}`, param: SECRET },
    },
    event: (answer) =>
      answer.type === 'error' ? answer : { type: 'response.failed', response: answer },
  },
  {
    title: 'Anthropic',
    path: '/v1/messages',
    body: { model: 'm', messages, max_tokens: 9, system: SECRET, stop_sequences: [SECRET] },
    failures: {
      'an error': { type: 'error', error: { type: 'api_error', message: `no: ${SECRET}` } },
    },
  },
  {
    title: 'Gemini',
    path: '/v1beta/models/m:generateContent',
    body: {
      contents: [{ role: 'user', parts: [{ text: SECRET }] }],
      labels: { told: SECRET },
      cachedContent: SECRET,
    },
    failures: {
      'an error': { error: { code: 400, message: `no: ${SECRET}`, status: 'INVALID_ARGUMENT' } },
      'a prompt that is blocked': {
        promptFeedback: { blockReason: 'SAFETY', blockReasonMessage: SECRET },
      },
      'an answer that is none': {
        candidates: [{ index: 0, finishReason: 'SAFETY', finishMessage: SECRET }],
      },
    },
  },
  {
    title: 'Ollama',
    path: '/api/chat',
    body: { model: 'm', messages, options: { stop: [SECRET] }, format: { title: SECRET } },
    failures: { 'an error': { error: `no: ${SECRET}` } },
  },
  {
    title: 'Cohere',
    path: '/v2/chat',
    body: { model: 'm', messages, stop_sequences: [SECRET] },
    failures: {
      'an error': {
        type: 'message-end',
        delta: { finish_reason: 'ERROR', error: `no: ${SECRET}` },
      },
    },
  },
  {
    title: 'rankings',
    path: '/v2/rerank',
    body: { model: 'm', query: SECRET, documents: [SECRET], rank_fields: [SECRET], told: SECRET },
    failures: { 'an error': { error: { message: `no: ${SECRET}` } } },
  },
  {
    title: 'a search of the web',
    path: '/api/web_search',
    body: { query: SECRET, told: SECRET },
    failures: { 'an error': { error: `no: ${SECRET}` } },
  },
];

describe('a successful response with an error that repeats the prompt', () => {
  const SENDERS: Readonly<Record<string, (url: string, options: Options) => typeof fetch>> = {
    'any client': (_url, options) => tracedFetch(options),
    "Ollama's": (url, options) => {
      const ollama = new Ollama({
        host: url,
        fetch: (...args) => fetch(...args),
      });
      traceOllama(ollama, options);
      return (ollama as unknown as { fetch: typeof fetch }).fetch;
    },
  };

  for (const { title, path, body, failures, event = (answer: Answered) => answer } of ANSWERED) {
    it(`is not recorded for ${title} with content: false`, async () => {
      const send = title === 'a search of the web' ? SENDERS["Ollama's"] : SENDERS['any client'];
      for (const [what, answer] of Object.entries(failures)) {
        for (const options of [{ content: false }, { redact: () => '[masked]' }]) {
          for (const streams of [false, true]) {
            const call: Call = async (url) => {
              const init = { method: 'POST', body: JSON.stringify({ ...body, stream: streams }) };
              await (await send?.(url, options)(`${url}${path}`, init))?.text();
            };
            const reply: Failure = (res) => {
              res.writeHead(200, {
                'content-type': streams ? 'text/event-stream' : 'application/json',
              });
              const said = JSON.stringify(streams ? event(answer) : answer);
              res.end(streams ? `data: ${said}\n\n` : said);
            };
            const rows = await rowsOf(reply, call, options);
            const said = JSON.stringify(rows);
            assert.equal(rows.length, 1, said);
            assert.ok(!said.includes(SECRET), `${what}, ${streams}: ${said}`);
          }
        }
      }
    });
  }
});

describe('an error of a tool, which may repeat its input', () => {
  const thrown = new RangeError(`cannot look up ${SECRET}`);
  const tools: Readonly<Record<string, (options: Options) => Promise<unknown>>> = {
    'of the AI SDK': (options) => {
      const lookup = {
        execute: async (_input: object): Promise<string> => {
          throw thrown;
        },
      };
      return traceTools({ lookup }, options).lookup.execute({ of: SECRET });
    },
    'of LangChain': (options) =>
      tool(() => Promise.reject(thrown), {
        name: 'lookup',
        schema: { type: 'object', properties: {} },
      }).invoke({ of: SECRET }, { callbacks: callbacksWith(options) }),
    'of an MCP server': async (options) => {
      const client = {
        callTool: () => Promise.reject(thrown),
        readResource: () => Promise.reject(thrown),
        getPrompt: () => Promise.reject(thrown),
      };
      return traceMCPClient(client, options).callTool();
    },
    'of the Claude Agent SDK': async (options) => {
      const query = traceClaudeAgent(async function* query(_given: object) {
        yield { type: 'assistant', message: { content: [{ type: 'text', text: SECRET }] } };
        throw thrown;
      }, options);
      for await (const _message of query({ prompt: SECRET }));
    },
  };

  for (const [of, call] of Object.entries(tools)) {
    it(`is recorded ${of} only by its kind`, async () => {
      for (const options of [{ content: false }, { redact: () => '[masked]' }]) {
        using captured = captureTraces();
        await assert.rejects(call(options), thrown);
        const rows = await captured.rows();
        const said = JSON.stringify(rows);
        assert.equal(rows.length, 1);
        assert.equal(
          rows[0]?.metadata?.error,
          options.redact === undefined ? 'failed' : '[masked]',
        );
        assert.match(said, /"errorType":"RangeError"/);
        assert.ok(!said.includes(SECRET), said);
      }
    });
  }
});
