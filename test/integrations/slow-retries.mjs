/**
 * Prints what is recorded of calls, outside a trace, whose clients wait long before a retry. A process of its own, in which timers
 * run 20 times as fast: the library takes them when it is loaded.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';

const { setTimeout: start } = globalThis;
globalThis.setTimeout = Object.assign((fn, ms = 0, ...args) => {
  onTimer(ms);
  return start(fn, ms / 20, ...args);
}, start);
// The longest of the waits that a client chooses at random.
Math.random = () => 0.99;

const name = process.argv[2];
let failures = Number.POSITIVE_INFINITY;
const aborting = process.argv[3] === 'aborted' ? new AbortController() : undefined;
const messages = [{ role: 'user', content: 'hi' }];
const usage = { prompt_tokens: 1000, completion_tokens: 200, total_tokens: 1200 };
const load = async (path, fn) => (await import(`@openlayer-tracing/integrations/${path}`))[fn];

const stainless = (module, path, fn) => async (url) => {
  const { default: Client } = await import(module);
  const client = (await load(path, fn))(new Client({ apiKey: 'k', baseURL: url, logLevel: 'off' }));
  return {
    client,
    chat: (options) => client.chat.completions.create({ model: 'm', messages }, options),
  };
};
const anthropic = (module) => async (url) => {
  const { default: Client } = await import(module);
  const traceAnthropic = await load('anthropic', 'traceAnthropic');
  const client = traceAnthropic(new Client({ apiKey: 'k', baseURL: url, logLevel: 'off' }));
  return {
    chat: (options) => client.messages.create({ model: 'm', max_tokens: 9, messages }, options),
  };
};

/** The clients, and how often each fails before it is answered. */
const CLIENTS = {
  openai4: stainless('openai4', 'openai', 'traceOpenAI'),
  openai6: stainless('openai6', 'openai', 'traceOpenAI'),
  openai7: stainless('openai7', 'openai', 'traceOpenAI'),
  groq: stainless('groq-sdk', 'groq', 'traceGroq'),
  together: stainless('together-ai', 'together', 'traceTogether'),
  'anthropic0-100': anthropic('anthropic0-100'),
  anthropic1: anthropic('anthropic1'),
  mistral: async (url) => {
    const { Mistral } = await import('mistral2');
    const client = (await load('mistral', 'traceMistral'))(
      new Mistral({ apiKey: 'k', serverURL: url, retryConfig: { strategy: 'backoff' } }),
    );
    return { chat: (options) => client.chat.complete({ model: 'm', messages }, options) };
  },
  genai: async (url) => {
    const { GoogleGenAI } = await import('genai3');
    const client = (await load('google-genai', 'traceGoogleGenAI'))(
      new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url, retryOptions: {} } }),
    );
    return {
      failures: 4,
      chat: ({ signal: abortSignal } = {}) =>
        client.models.generateContent({ model: 'm', contents: 'hi', config: { abortSignal } }),
    };
  },
  cohere: async (url) => {
    const { CohereClientV2 } = await import('cohere8');
    const client = (await load('cohere', 'traceCohere'))(
      new CohereClientV2({ token: 'k', environment: url }),
    );
    return {
      chat: ({ signal: abortSignal } = {}) =>
        client.chat({ model: 'm', messages }, { abortSignal }),
    };
  },
  bedrock: async (url) => {
    const { BedrockRuntimeClient, ConverseCommand } = await import('bedrock3');
    const client = (await load('bedrock', 'traceBedrock'))(
      new BedrockRuntimeClient({
        region: 'us-east-1',
        endpoint: url,
        credentials: { accessKeyId: 'a', secretAccessKey: 's' },
      }),
    );
    const content = [{ text: 'hi' }];
    const command = new ConverseCommand({ modelId: 'm', messages: [{ role: 'user', content }] });
    return { chat: ({ signal: abortSignal } = {}) => client.send(command, { abortSignal }) };
  },
};

/** An answer in the form of each API. */
function answerTo(path) {
  const counts = { input_tokens: 1000, output_tokens: 200 };
  if (path.includes('messages')) {
    const content = [{ type: 'text', text: 'hi' }];
    const about = { id: 'm', type: 'message', role: 'assistant', model: 'm' };
    return { ...about, content, stop_reason: 'end_turn', usage: counts };
  }
  if (path.includes('generateContent')) {
    const content = { role: 'model', parts: [{ text: 'hi' }] };
    const usageMetadata = {
      promptTokenCount: 1000,
      candidatesTokenCount: 200,
      totalTokenCount: 1200,
    };
    return { candidates: [{ content, finishReason: 'STOP' }], usageMetadata };
  }
  if (path.endsWith('/v2/chat')) {
    const message = { role: 'assistant', content: [{ type: 'text', text: 'hi' }] };
    return { id: 'c', finish_reason: 'COMPLETE', message, usage: { tokens: counts } };
  }
  if (path.endsWith('/converse')) {
    const message = { role: 'assistant', content: [{ text: 'hi' }] };
    const converse = { inputTokens: 1000, outputTokens: 200, totalTokens: 1200 };
    return { output: { message }, stopReason: 'end_turn', usage: converse };
  }
  const message = { role: 'assistant', content: 'hi' };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage };
}

const { captureTraces } = await import('@openlayer-tracing/core/testing');
const traces = captureTraces();

/** Aborts the call, if it is to be aborted, when its client has begun to wait for its last failure to pass. */
function onTimer(ms) {
  if (failures <= 0 && ms >= 1000 && ms <= 100_000) start(() => aborting?.abort(), 20);
}

// AWS's client speaks HTTP/2 alone.
const server = (name === 'bedrock' ? createHttp2Server : createServer)(async (req, res) => {
  for await (const _ of req);
  const isFailure = failures-- > 0;
  // A minute and a half is longer than the backoff of any client, and than what some wait at most.
  const wait = isFailure ? { 'retry-after': '90' } : {};
  res.writeHead(isFailure ? 429 : 200, { 'content-type': 'application/json', ...wait });
  res.end(JSON.stringify(isFailure ? { error: { message: 'slow down' } } : answerTo(req.url)));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { failures: more = 1, chat } = await CLIENTS[name](
  `http://127.0.0.1:${server.address().port}`,
);
failures = more;
let error;
try {
  await chat(aborting && { signal: aborting.signal });
} catch (caught) {
  ({ name: error } = caught);
}
await new Promise((resolve) => start(resolve, 100));
const rows = await traces.rows();
const steps = rows.flatMap(({ steps }) => steps);
const told = steps.map(({ tokens, metadata }) => ({
  tokens,
  attempts: metadata.attempts?.map(({ status }) => status),
  ended: metadata.ended,
}));
console.log(JSON.stringify({ error: error !== undefined, steps: told }));
process.exit(0);
