/**
 * Clients without an entry point of their own, each as `docs/other-clients.md` has it traced: the snippets of that page are
 * files of an app, their calls go to a server of this machine, and the steps are compared.
 */

import assert from 'node:assert/strict';
import { filesOfMarkdown } from '../docs/snippets.ts';
import { type LlmServer, startLlmServer } from '../support/llm-server/index.ts';
import { type App, createApp } from './apps.ts';

const PAGE = 'docs/other-clients.md';
const SAID = '"You said: hi — ça va?"';

/** By the file of its snippet: calls of a client, and the steps that they are to leave. */
const CLIENTS: Readonly<Record<string, { readonly calls: string; readonly steps: string }>> = {
  'openrouter.mjs': {
    calls: `
      import { openRouter } from './openrouter.mjs';
      const chat = (model, stream) =>
        openRouter.chat.send({ chatRequest: { model, messages, stream } }, { retries: { strategy: 'none' } });
      await call('whole', () => chat('org/model'));
      await call('streamed', async () => all(await chat('org/model', true)));
      await call('refused', () => chat('refused'));
      await call('response', () => openRouter.responses.send({ responsesRequest: { model: 'org/model', input: 'hi' } }));
      await call('speech', async () =>
        all(await openRouter.tts.createSpeech({ speechRequest: { model: 's', input: 'hi', voice: 'alloy' } })));
      await call('embeddings', () => openRouter.embeddings.generate({ requestBody: { model: 'e', input: 'hi' } }));
      await call('ranking', () =>
        openRouter.rerank.rerank({ requestBody: { model: 'r', query: 'hi', documents: ['a'] } }));
    `,
    steps: `
whole
  OpenRouter Chat Completion [chat_completion] openrouter org/model-2026 1+6 ${SAID}
streamed
  OpenRouter Chat Completion [chat_completion] openrouter org/model-2026 ?+? ${SAID}
refused: threw
  OpenRouter Chat Completion [chat_completion] openrouter refused ?+? error: 401 it is 401
response
  OpenRouter Response [chat_completion] openrouter org/model-2026 4+6 ${SAID}
speech
  OpenRouter Speech [chat_completion] openrouter s ?+? "[audio/mpeg, 3000 bytes]"
embeddings
  OpenRouter Embedding [embedding] openrouter e 1+?
ranking
  OpenRouter Rerank [retriever] openrouter r ?+? [{"index":0,"relevance_score":0.9,"document":{"text":"a"}}]
`,
  },
  'openrouter-by-openai.mjs': {
    calls: `
      import { openRouter } from './openrouter-by-openai.mjs';
      const chat = (given) => openRouter.chat.completions.create({ model: 'org/model', messages, ...given }, once('or'));
      await call('tried again', () => chat());
      await call('streamed', async () => all(await chat({ stream: true })));
    `,
    steps: `
tried again
  OpenRouter Chat Completion [chat_completion] openrouter org/model-2026 1+6 ${SAID}
streamed
  OpenRouter Chat Completion [chat_completion] openrouter org/model-2026 ?+? ${SAID}
`,
  },
  'portkey-by-openai.mjs': {
    calls: `
      import { portkey } from './portkey-by-openai.mjs';
      const chat = (given) => portkey.chat.completions.create({ model: 'gpt-4o', messages, ...given }, once('pk'));
      await call('tried again', () => chat());
      await call('streamed', async () => all(await chat({ stream: true })));
    `,
    steps: `
tried again
  Portkey Chat Completion [chat_completion] openai gpt-4o-2026 4+6 ${SAID}
streamed
  Portkey Chat Completion [chat_completion] openai gpt-4o-2026 ?+? ${SAID}
`,
  },
  'hugging-face.mjs': {
    calls: `
      import { hf } from './hugging-face.mjs';
      const tasks = { provider: 'hf-inference', inputs: 'hi' };
      await call('whole', () => hf.chatCompletion({ model: 'org/model', messages }));
      await call('streamed', () => all(hf.chatCompletionStream({ model: 'org/model', messages })));
      await call('refused', () => hf.chatCompletion({ model: 'org/refused', messages }));
      await call('text', () => hf.textGeneration({ model: 'org/text-generation', ...tasks }));
      await call('vectors', () => hf.featureExtraction({ model: 'org/feature-extraction', ...tasks }));
      await call('summary', () => hf.summarization({ model: 'org/summary-model', ...tasks }));
      await call('picture', () => hf.textToImage({ model: 'org/image-model', ...tasks }));
      await call('unrecorded: bytes', () => hf.imageClassification({
        model: 'org/image-classification', provider: 'hf-inference', data: new Blob(['jpeg']),
      }));
    `,
    steps: `
whole
  Hugging Face Chat Completion [chat_completion] huggingface org/model-2026 4+6 ${SAID}
streamed
  Hugging Face Chat Completion [chat_completion] huggingface org/model-2026 ?+? ${SAID}
refused: threw
  Hugging Face Chat Completion [chat_completion] huggingface org/refused ?+? error: 401 it is 401
text
  Hugging Face Completion [chat_completion] huggingface org/text-generation-2026 1+3 "You said: hi"
vectors
  Hugging Face Embedding [embedding] huggingface org/feature-extraction ?+?
summary
  Hugging Face Inference [chat_completion] huggingface org/summary-model ?+? [{"summary_text":"short"}]
picture
  Hugging Face Inference [chat_completion] huggingface org/image-model ?+? "[image/jpeg, 300 bytes]"
unrecorded: bytes
`,
  },
  'llamaindex.mjs': {
    calls: `
      import { answer, embeddings, llm } from './llamaindex.mjs';
      await call('whole', () => answer('hi'));
      await call('streamed', async () => all(await llm.chat({ messages, stream: true })));
      await call('embeddings', () => embeddings.getTextEmbedding('hi'));
      llm.model = 'refused';
      await call('refused', () => llm.chat({ messages }));
    `,
    steps: `
whole
  answer [chain] "You said: hi — ça va?"
    OpenAI Chat Completion [chat_completion] openai gpt-4o-mini-2026 4+6 ${SAID}
streamed
  OpenAI Chat Completion [chat_completion] openai gpt-4o-mini-2026 4+6 ${SAID}
embeddings
  OpenAI Embedding [embedding] openai text-embedding-ada-002 1+?
refused: threw
  OpenAI Chat Completion [chat_completion] openai refused ?+? error: 401 it is 401
`,
  },
  'genkit.mjs': {
    calls: `
      import { openAI } from '@genkit-ai/compat-oai/openai';
      import { googleAI } from '@genkit-ai/google-genai';
      import { ai } from './genkit.mjs';
      const gpt = openAI.model('gpt-4o');
      const gemini = googleAI.model('gemini-2.5-flash');
      const stream = async (model) => all(ai.generateStream({ model, prompt: 'hi' }).stream);
      await call('OpenAI, whole', () => ai.generate({ model: gpt, prompt: 'hi' }));
      await call('OpenAI, streamed', () => stream(gpt));
      await call('OpenAI, embeddings', () =>
        ai.embed({ embedder: openAI.embedder('text-embedding-3-small'), content: 'hi' }));
      await call('OpenAI, refused', () => ai.generate({ model: openAI.model('gpt-refused'), prompt: 'hi' }));
      await call('Google, whole', () => ai.generate({ model: gemini, prompt: 'hi' }));
      await call('Google, streamed', () => stream(gemini));
      await call('Google, embeddings', () =>
        ai.embed({ embedder: googleAI.embedder('gemini-embedding-001'), content: 'hi' }));
    `,
    steps: `
OpenAI, whole
  OpenAI Chat Completion [chat_completion] openai gpt-4o-2026 4+6 ${SAID}
OpenAI, streamed
  OpenAI Chat Completion [chat_completion] openai gpt-4o-2026 4+6 ${SAID}
OpenAI, embeddings
  OpenAI Embedding [embedding] openai text-embedding-3-small 1+?
OpenAI, refused: threw
  OpenAI Chat Completion [chat_completion] openai gpt-refused ?+? error: 401 it is 401
Google, whole
  LLM Chat Completion [chat_completion] google gemini-2.5-flash 6+6 "You said: hi"
Google, streamed
  LLM Chat Completion [chat_completion] google gemini-2.5-flash 6+6 "You said: hi"
Google, embeddings
  LLM Embedding [embedding] google gemini-embedding-001 ?+?
`,
  },
  'portkey.mjs': {
    calls: `
      import { portkey } from './portkey.mjs';
      await call('whole', () => portkey.chat.completions.create({ model: 'gpt-4o', messages }));
      await call('streamed', async () =>
        all(await portkey.chat.completions.create({ model: 'gpt-4o', messages, stream: true })));
      await call('refused', () => portkey.chat.completions.create({ model: 'refused', messages }));
      await call('embeddings', () => portkey.embeddings.create({ model: 'e', input: 'hi' }));
      await call('responses', () => portkey.responses.create({ model: 'gpt-4o', input: 'hi' }));
    `,
    steps: `
whole
  LLM Chat Completion [chat_completion] ? gpt-4o-2026 4+6 ${SAID}
streamed
  LLM Chat Completion [chat_completion] ? gpt-4o-2026 ?+? ${SAID}
refused: threw
  LLM Chat Completion [chat_completion] ? refused ?+? error: 401 it is 401
embeddings
  LLM Embedding [embedding] ? e 1+?
responses
  LLM Response [chat_completion] ? gpt-4o-2026 4+6 ${SAID}
`,
  },
  'cerebras.mjs': {
    calls: `
      import { cerebras } from './cerebras.mjs';
      const chat = (model, given, options) => cerebras.chat.completions.create({ model, messages, ...given }, options);
      await call('whole', () => chat('llama'));
      await call('streamed', async () => all(await chat('llama', { stream: true })));
      await call('completion', () => cerebras.completions.create({ model: 'llama', prompt: 'hi' }));
      await call('tried again', () => chat('llama', {}, once('cb')));
      await call('refused', () => chat('llama', {}, { headers: { 'x-scenario': 'status-401' } }));
    `,
    steps: `
whole
  Cerebras Chat Completion [chat_completion] cerebras llama-2026 4+6 ${SAID}
streamed
  Cerebras Chat Completion [chat_completion] cerebras llama-2026 ?+? ${SAID}
completion
  Cerebras Completion [chat_completion] cerebras llama-2026 1+3 "You said: hi"
tried again
  Cerebras Chat Completion [chat_completion] cerebras llama-2026 4+6 ${SAID}
refused: threw
  Cerebras Chat Completion [chat_completion] cerebras llama ?+? error: 401 it is 401
`,
  },
  'voyage.mjs': {
    calls: `
      import { voyage } from './voyage.mjs';
      const content = [{ type: 'text', text: 'hi' }];
      await call('texts', () => voyage.embed({ model: 'voyage-3.5', input: ['hi'] }));
      await call('images', () => voyage.multimodalEmbed({ model: 'voyage-mm', inputs: [{ content }] }));
      await call('chunks', () => voyage.contextualizedEmbed({ model: 'voyage-ctx', inputs: [['hi', 'ho']] }));
      await call('ranking', () => voyage.rerank({ model: 'rerank-2.5', query: 'hi', documents: ['a'] }));
      await call('refused', () => voyage.embed({ model: 'refused', input: ['hi'] }));
    `,
    steps: `
texts
  LLM Embedding [embedding] voyage voyage-3.5 1+?
images
  LLM Embedding [embedding] voyage voyage-mm 9+?
chunks
  LLM Embedding [embedding] voyage voyage-ctx 9+?
ranking
  LLM Rerank [retriever] voyage rerank-2.5 ?+? [{"index":0,"relevance_score":0.9,"document":"a"}]
refused: threw
  LLM Embedding [embedding] voyage refused ?+? error: 401 it is 401
`,
  },
  'replicate.mjs': {
    calls: `
      import { replicate } from './replicate.mjs';
      const run = (input, model = 'meta/llama', wait) => replicate.run(model, { input: { prompt: 'hi', ...input }, wait });
      await call('waited for', () => run());
      await call('polled', () => run({ slow: true }));
      await call('polled at once', () => run({ slow: true }, 'meta/llama', { mode: 'poll', interval: 10 }));
      await call('streamed', () => all(replicate.stream('meta/llama', { input: { prompt: 'hi' } })));
      await call('a picture', () => run({ draws: true }));
      await call('failed', () => run({ fails: true, slow: true }));
      await call('refused', () => run({}, 'meta/refused'));
    `,
    steps: `
waited for
  Replicate Prediction [chat_completion] replicate meta/llama 4+6 "You said: hi"
polled
  Replicate Prediction [chat_completion] replicate meta/llama 4+6 "You said: hi"
polled at once
  Replicate Prediction [chat_completion] replicate meta/llama 4+6 "You said: hi"
streamed
  Replicate Prediction [chat_completion] replicate meta/llama ?+? "You said: hi"
a picture
  Replicate Prediction [chat_completion] replicate meta/llama 4+6 ["https://replicate.delivery/1.webp"]
failed: threw
  Replicate Prediction [chat_completion] replicate meta/llama 4+6 error: CUDA out of memory
refused: threw
  Replicate Prediction [chat_completion] replicate meta/refused ?+? error: 401 it is 401
`,
  },
  'fal.mjs': {
    calls: `
      import { fal } from './fal.mjs';
      const queued = (input, mode) =>
        fal.subscribe('fal-ai/flux/dev', { input: { prompt: 'hi', ...input }, pollInterval: 10, ...(mode && { mode }) });
      await call('run', () => fal.run('fal-ai/any-llm', { input: { prompt: 'hi' } }));
      await call('queued', () => queued());
      await call('queued, its state streamed', () => queued({}, 'streaming'));
      await call('streamed', async () => (await fal.stream('fal-ai/any-llm', { input: { prompt: 'hi' } })).done());
      await call('failed', () => queued({ fails: true }));
      await call('refused', () => fal.run('fal-ai/refused', { input: { prompt: 'hi' } }));
    `,
    steps: `
run
  fal Inference [chat_completion] fal_ai fal-ai/any-llm ?+? "You said: hi"
queued
  fal Inference [chat_completion] fal_ai fal-ai/flux/dev ?+? "You said: hi"
queued, its state streamed
  fal Inference [chat_completion] fal_ai fal-ai/flux/dev ?+? "You said: hi"
streamed
  fal Inference [chat_completion] fal_ai fal-ai/any-llm ?+? "You said: hi"
failed: threw
  fal Inference [chat_completion] fal_ai fal-ai/flux/dev ?+? error: 422 body.prompt: too dark
refused: threw
  fal Inference [chat_completion] fal_ai fal-ai/refused ?+? error: 401 it is 401
`,
  },
  'tanstack.mjs': {
    calls: `
      import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
      import { chat, embed, generateImage, generateSpeech, generateTranscription } from '@tanstack/ai';
      import * as openai from '@tanstack/ai-openai';
      import { adapter } from './tanstack.mjs';
      const fetch = tracedFetch({ client: 'OpenAI' });
      const other = (make, model) => openai[make](model, 'k', { fetch });
      const audio = new File(['sound'], 'a.mp3', { type: 'audio/mpeg' });
      await call('whole', () => chat({ adapter, messages, stream: false }));
      await call('streamed', () => all(chat({ adapter, messages })));
      await call('refused', () => chat({ adapter: other('createOpenaiChat', 'gpt-refused'), messages, stream: false }));
      await call('embeddings', () => embed({ adapter: other('createOpenaiEmbedding', 'e'), input: 'hi' }));
      await call('picture', () => generateImage({ adapter: other('createOpenaiImage', 'gpt-image-1'), prompt: 'hi' }));
      await call('speech', () => generateSpeech({ adapter: other('createOpenaiSpeech', 'tts-1'), text: 'hi' }));
      await call('transcription', () =>
        generateTranscription({ adapter: other('createOpenaiTranscription', 'whisper-1'), audio }));
    `,
    steps: `
whole
  OpenAI Response [chat_completion] openai gpt-4o-2026 4+6 ${SAID}
streamed
  OpenAI Response [chat_completion] openai gpt-4o-2026 4+6 ${SAID}
refused: threw
  OpenAI Response [chat_completion] openai gpt-refused ?+? error: 401 it is 401
embeddings
  OpenAI Embedding [embedding] openai e 1+?
picture
  OpenAI Image [chat_completion] openai gpt-image-1 10+100 [{"b64_json":"[base64, 3000 bytes]"}]
speech
  OpenAI Speech [chat_completion] openai tts-1 ?+? "[audio/mpeg, 3000 bytes]"
transcription
  OpenAI Transcription [chat_completion] openai whisper-1 14+3 "what was said"
`,
  },
  'global-fetch.mjs': {
    calls: `
      import { putBack } from './global-fetch.mjs';
      const ask = () =>
        fetch('https://api.deepseek.com/chat/completions', { method: 'POST', body: JSON.stringify({ model: 'm', messages }) })
          .then((response) => response.text());
      await call('instrumented', ask);
      putBack();
      await call('unrecorded: put back', ask);
    `,
    steps: `
instrumented
  LLM Chat Completion [chat_completion] deepseek m-2026 4+6 ${SAID}
unrecorded: put back
`,
  },
  'by-hand.mjs': {
    calls: `
      import { trace } from '@openlayer-tracing/core';
      import { answer } from './by-hand.mjs';
      await call('in a trace', trace(() => answer('hi'), { name: 'request' }));
    `,
    steps: `
in a trace
  request [user_call] "hello"
    My Chat Completion [chat_completion] mine my-model-1 3+4 "hello"
`,
  },
};

/** Has each host of a provider be the server of this machine, where a model that is called `refused` is refused. */
const toLocal = (url: string) => `
  const real = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const asked = input instanceof Request ? input : undefined;
    const { href, host, hostname, pathname, search } = new URL(asked ? asked.url : String(input));
    if (hostname === 'huggingface.co') return mappingOf(pathname.slice('/api/models/'.length));
    const before = hostname.endsWith('fal.run') ? '/' + hostname : hostname === 'openrouter.ai' ? '/openrouter' : '';
    const address = '${url}'.endsWith(host) ? href : '${url}' + before + pathname + search;
    const body = asked ? await asked.clone().text() : typeof init?.body === 'string' ? init.body : '';
    const headers = new Headers(init?.headers ?? asked?.headers);
    if ((pathname + body).includes('refused')) headers.set('x-scenario', 'status-401');
    return asked ? real(new Request(address, asked), { headers }) : real(address, { ...init, headers });
  };
  /** Which provider has a model: that of Hugging Face, for the task that its name is made of. */
  function mappingOf(model) {
    const task = { 'org/summary-model': 'summarization', 'org/image-model': 'text-to-image' }[model] ?? model.slice('org/'.length);
    return Response.json({ inferenceProviderMapping: { 'hf-inference': { status: 'live', providerId: model, task } } });
  }
  for (const name of ['OPENAI', 'OPENROUTER', 'PORTKEY', 'CEREBRAS', 'VOYAGE', 'GEMINI']) process.env[name + '_API_KEY'] = 'k';
  Object.assign(process.env, { HF_TOKEN: 'hf_k', REPLICATE_API_TOKEN: 'k', FAL_KEY: 'k', CEREBRAS_BASE_URL: '${url}' });
`;

/** Prints the steps that a call leaves. */
const RECORD = `
  import { captureTraces } from '@openlayer-tracing/core/testing';
  export const messages = [{ role: 'user', content: 'hi' }];
  /** Has the first try be refused. */
  export const once = (name) => ({ headers: { 'x-scenario': 'once-429', 'x-case': name } });
  const pause = () => new Promise((resolve) => setTimeout(resolve, 25));
  export async function all(items) {
    for await (const _item of items);
  }
  export async function call(title, work) {
    const traces = captureTraces();
    const ended = await work().then(() => '', (error) => (process.env.SHOW ? ': ' + error.stack : ': threw'));
    console.log(title + ended);
    const patience = title.startsWith('unrecorded') ? 8 : 80;
    for (let i = 0; i < patience && (await traces.rows()).length === 0; i++) await pause();
    // What were counted twice would come now.
    await pause();
    const rows = await traces.rows();
    traces.restore();
    for (const { steps } of rows) for (const step of steps) print(step, '  ');
  }
  function print(step, indent) {
    const { name, type, metadata: { error, provider, model } = {}, output } = step;
    const known = (value) => value ?? '?';
    const facts = [known(step.provider ?? provider), known(step.model ?? model), known(step.promptTokens) + '+' + known(step.completionTokens)];
    const isModel = ['chat_completion', 'embedding', 'retriever'].includes(type);
    const said = error ? 'error: ' + error : output === null || output === undefined ? '' : JSON.stringify(output);
    console.log(indent + [name, '[' + type + ']', ...(isModel ? facts : []), said].join(' ').trimEnd());
    for (const child of step.steps ?? []) print(child, indent + '  ');
  }
`;

/** What the snippet of a step by hand takes for granted. */
const MY_MODEL = `
  /** @param {string} _question */
  export const generate = async (_question) => ({ text: 'hello', usage: { input: 3, output: 4 } });
`;

describe('clients without an entry point', function () {
  this.timeout(300_000);
  let app: App;
  let llm: LlmServer;
  before(async () => {
    llm = await startLlmServer();
    app = await createApp('other-clients', { type: 'module' });
    await app.write({
      ...filesOfMarkdown(PAGE),
      'to-local.mjs': toLocal(llm.url),
      'record.mjs': RECORD,
      'my-model.mjs': MY_MODEL,
    });
    for (const [path, { calls }] of Object.entries(CLIENTS)) {
      const imports = `import './to-local.mjs';\nimport { all, call, messages, once } from './record.mjs';`;
      await app.write({ [`run-${path}`]: `${imports}\n${calls}\nprocess.exit();` });
    }
  });
  after(async () => {
    await app?.[Symbol.asyncDispose]();
    await llm?.[Symbol.asyncDispose]();
  });

  it('are each shown by a snippet', () => {
    assert.deepEqual(Object.keys(filesOfMarkdown(PAGE)).sort(), Object.keys(CLIENTS).sort());
  });

  it('have snippets that the compiler takes', async () => {
    const compilerOptions = {
      allowJs: true,
      checkJs: true,
      noEmit: true,
      strict: true,
      noImplicitAny: false,
      skipLibCheck: true,
      target: 'es2023',
      module: 'nodenext',
      types: ['node'],
    };
    const include = Object.keys(filesOfMarkdown(PAGE));
    await app.write({ 'tsconfig.json': JSON.stringify({ compilerOptions, include }) });
    assert.equal(await app.node('typescript/bin/tsc', ['-p', '.', '--pretty', 'false']), '');
  });

  for (const [path, { steps }] of Object.entries(CLIENTS)) {
    it(`are traced as ${path} shows`, async () => {
      assert.equal(await app.script(`run-${path}`), steps.trimStart());
    });
  }
});
