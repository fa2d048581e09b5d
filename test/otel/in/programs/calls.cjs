/** Calls of clients, with instrumentations of OpenTelemetry and our integrations, which the environment switches on. */

const { DOORS = 'yes', CLIENT = '' } = process.env;

/** What the app sees of a call. */
async function outcome(call) {
  try {
    return { value: await call() };
  } catch (error) {
    return { error: `${error.constructor.name} ${error.status ?? ''} ${error.message}` };
  }
}

async function drained(stream) {
  const items = [];
  for await (const item of await stream) items.push(item);
  return items;
}

async function left(stream) {
  for await (const item of await stream) return item;
}

/** A client with the surface of OpenAI's. */
function likeOpenAI(llm, load) {
  const { Client, record, path } = load();
  const client = new Client({ apiKey: 'k', baseURL: `${llm}${path}`, maxRetries: 0 });
  if (DOORS === 'yes') record(client);
  const request = { model: 'llama-4', messages: [{ role: 'user', content: 'hi there' }] };
  const { completions } = client.chat;
  return {
    whole: () => completions.create(request),
    stream: () => drained(completions.create({ ...request, stream: true })),
    error: () => completions.create(request, { headers: { 'x-scenario': 'status-400' } }),
    'two at once': () => Promise.all([completions.create(request), completions.create(request)]),
  };
}

const CASES = {
  openai({ llm }) {
    const { OpenAI } = require('openai');
    const { traceOpenAI } = require('@openlayer-tracing/integrations/openai');
    const client = new OpenAI({ apiKey: 'sk-test', baseURL: `${llm}/v1`, maxRetries: 1 });
    if (DOORS === 'yes') traceOpenAI(client, { provider: 'openai' });
    const request = { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'hi there' }] };
    const scenario = (name) => ({ headers: { 'x-scenario': name } });
    return {
      whole: () => client.chat.completions.create(request),
      stream: () =>
        drained(
          client.chat.completions.create({
            ...request,
            stream: true,
            stream_options: { include_usage: true },
          }),
        ),
      'stream that is left': () =>
        left(client.chat.completions.create({ ...request, stream: true })),
      error: () => client.chat.completions.create(request, scenario('status-400')),
      'error after a retry': () => client.chat.completions.create(request, scenario('status-500')),
      'broken stream': () =>
        drained(client.chat.completions.create({ ...request, stream: true }, scenario('cut'))),
      embeddings: () =>
        client.embeddings.create({ model: 'text-embedding-4', input: ['one', 'two'] }),
      responses: () => client.responses.create({ model: 'gpt-5-mini', input: 'hi there' }),
      'two at once': () =>
        Promise.all([
          client.chat.completions.create(request),
          client.chat.completions.create(request),
        ]),
    };
  },
  anthropic({ llm }) {
    const Anthropic = require('@anthropic-ai/sdk');
    const { traceAnthropic } = require('@openlayer-tracing/integrations/anthropic');
    const client = new Anthropic.Anthropic({ apiKey: 'sk-test', baseURL: llm, maxRetries: 0 });
    if (DOORS === 'yes') traceAnthropic(client, { provider: 'anthropic' });
    const request = {
      model: 'claude-opus-5',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'hi there' }],
    };
    return {
      whole: () => client.messages.create(request),
      stream: () => drained(client.messages.create({ ...request, stream: true })),
      'stream that is left': () => left(client.messages.create({ ...request, stream: true })),
      error: () => client.messages.create(request, { headers: { 'x-scenario': 'status-400' } }),
      'two at once': () =>
        Promise.all([client.messages.create(request), client.messages.create(request)]),
    };
  },
  bedrock() {
    const bedrock = require('@aws-sdk/client-bedrock-runtime');
    const { traceBedrock } = require('@openlayer-tracing/integrations/bedrock');
    const client = new bedrock.BedrockRuntimeClient({
      region: 'eu-west-1',
      endpoint: process.env.LLM_HTTP2_URL,
      token: { token: 't' },
      authSchemePreference: ['httpBearerAuth'],
      maxAttempts: 1,
    });
    const scenarios = [];
    client.middlewareStack.add(
      (next) => (args) => {
        const scenario = scenarios.pop();
        if (scenario !== undefined) args.request.headers['x-scenario'] = scenario;
        return next(args);
      },
      { step: 'build' },
    );
    if (DOORS === 'yes') traceBedrock(client);
    const request = {
      modelId: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
      messages: [{ role: 'user', content: [{ text: 'hi there' }] }],
    };
    const converse = async () => (await client.send(new bedrock.ConverseCommand(request))).output;
    return {
      whole: converse,
      stream: async () =>
        drained((await client.send(new bedrock.ConverseStreamCommand(request))).stream),
      invoked: async () => {
        const { messages, modelId } = request;
        const body = JSON.stringify({
          anthropic_version: 'bedrock-2023-05-31',
          max_tokens: 100,
          messages: messages.map(({ role }) => ({ role, content: 'hi there' })),
        });
        const answer = await client.send(new bedrock.InvokeModelCommand({ modelId, body }));
        return answer.body.transformToString();
      },
      error: () => {
        scenarios.push('status-400');
        return converse();
      },
      'two at once': () => Promise.all([converse(), converse()]),
    };
  },
  cohere({ llm }) {
    const { CohereClient } = require('cohere-ai');
    const { traceCohere } = require('@openlayer-tracing/integrations/cohere');
    const client = new CohereClient({ token: 't', environment: llm, maxRetries: 0 });
    if (DOORS === 'yes') traceCohere(client);
    const request = { model: 'command-a', message: 'hi there' };
    const texts = { model: 'embed-v4', texts: ['one', 'two'], inputType: 'search_document' };
    return {
      whole: async () => (await client.chat(request)).text,
      stream: () => drained(client.chatStream(request)),
      error: () => client.chat(request, { headers: { 'x-scenario': 'status-400' } }),
      second: async () =>
        (await client.v2.chat({ model: 'command-a', messages: [{ role: 'user', content: 'hi' }] }))
          .message,
      embeddings: async () =>
        (await client.v2.embed({ ...texts, embeddingTypes: ['float'] })).embeddings,
      'two at once': async () =>
        (await Promise.all([client.chat(request), client.chat(request)])).map(({ text }) => text),
    };
  },
  mistral({ llm }) {
    const { HTTPClient, Mistral } = require('@mistralai/mistralai');
    const { traceMistral } = require('@openlayer-tracing/integrations/mistral');
    const made = (scenario = '') => {
      const httpClient = new HTTPClient();
      httpClient.addHook('beforeRequest', (request) => request.headers.set('x-scenario', scenario));
      const client = new Mistral({ apiKey: 'k', serverURL: `${llm}/mistral`, httpClient });
      return DOORS === 'yes' ? traceMistral(client) : client;
    };
    const request = {
      model: 'mistral-small-latest',
      messages: [{ role: 'user', content: 'hi there' }],
    };
    return {
      whole: () => made().chat.complete(request),
      stream: () => drained(made().chat.stream(request)),
      error: () => made('status-400').chat.complete(request),
    };
  },
  'google-genai'({ llm }) {
    const { GoogleGenAI } = require('@google/genai');
    const { traceGoogleGenAI } = require('@openlayer-tracing/integrations/google-genai');
    const made = (scenario = '') => {
      const httpOptions = { baseUrl: llm, headers: { 'x-scenario': scenario } };
      const client = new GoogleGenAI({ apiKey: 'k', httpOptions });
      return DOORS === 'yes' ? traceGoogleGenAI(client) : client;
    };
    const request = { model: 'gemini-3-flash', contents: 'hi there' };
    return {
      whole: async () => (await made().models.generateContent(request)).text,
      stream: async () =>
        (await drained(made().models.generateContentStream(request))).map(({ text }) => text),
      error: () => made('status-400').models.generateContent(request),
    };
  },
  groq: ({ llm }) =>
    likeOpenAI(llm, () => {
      const { Groq } = require('groq-sdk');
      const { traceGroq } = require('@openlayer-tracing/integrations/groq');
      return { Client: Groq, record: traceGroq, path: '' };
    }),
  together: ({ llm }) =>
    likeOpenAI(llm, () => {
      const Together = require('together-ai');
      const { traceTogether } = require('@openlayer-tracing/integrations/together');
      return { Client: Together, record: traceTogether, path: '/v1' };
    }),
  ollama({ llm }) {
    const { Ollama } = require('ollama');
    const { traceOllama } = require('@openlayer-tracing/integrations/ollama');
    const made = (scenario = '') => {
      const client = new Ollama({ host: llm, headers: { 'x-scenario': scenario } });
      return DOORS === 'yes' ? traceOllama(client) : client;
    };
    const request = { model: 'llama3.2', messages: [{ role: 'user', content: 'hi there' }] };
    return {
      whole: async () => (await made().chat(request)).message,
      stream: async () => {
        const pieces = await drained(made().chat({ ...request, stream: true }));
        return pieces.map(({ message }) => message);
      },
      error: () => made('status-400').chat(request),
    };
  },
  async mcp({ express }) {
    const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
    const {
      StreamableHTTPClientTransport,
    } = require('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const { McpServer } = require('@modelcontextprotocol/sdk/server/mcp.js');
    const {
      StreamableHTTPServerTransport,
    } = require('@modelcontextprotocol/sdk/server/streamableHttp.js');
    const { traceMCPClient } = require('@openlayer-tracing/integrations/mcp');
    const { z } = require('zod');
    const app = express();
    app.use(express.json());
    app.post('/mcp', async (req, res) => {
      const server = new McpServer({ name: 'weather', version: '1.0.0' });
      const tool = { description: 'The weather', inputSchema: { city: z.string() } };
      server.registerTool('weather', tool, ({ city }) => {
        if (city === 'Nowhere') throw new Error('no weather there');
        return { content: [{ type: 'text', text: `sunny in ${city}` }] };
      });
      const transport = new StreamableHTTPServerTransport({});
      await server.connect(transport);
      await transport.handleRequest(req, res, req.body);
    });
    const listening = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => listening.once('listening', resolve));
    const client = new Client({ name: 'tests', version: '1.0.0' });
    if (DOORS === 'yes') traceMCPClient(client);
    const url = new URL(`http://127.0.0.1:${listening.address().port}/mcp`);
    await client.connect(new StreamableHTTPClientTransport(url));
    const call = (city) => client.callTool({ name: 'weather', arguments: { city } });
    return {
      whole: () => call('Oslo'),
      error: () => call('Nowhere'),
      'two at once': () => Promise.all([call('Oslo'), call('Roma')]),
    };
  },
  langchain({ llm, provider }) {
    // As LangGraph does: LangChain knows the run that code belongs to.
    require('@langchain/core/context');
    const { BaseRetriever } = require('@langchain/core/retrievers');
    const { RunnableSequence } = require('@langchain/core/runnables');
    const { tool } = require('@langchain/core/tools');
    const { ChatOpenAI } = require('@langchain/openai');
    const { z } = require('zod');
    const { traceLangChain } = require('@openlayer-tracing/integrations/langchain');
    if (DOORS === 'yes')
      traceLangChain(require('@langchain/core/callbacks/manager').CallbackManager);
    if (process.env.LANGCHAIN_SPANS === 'yes') {
      const {
        LangChainInstrumentation,
      } = require('@arizeai/openinference-instrumentation-langchain');
      const spans = new LangChainInstrumentation({ tracerProvider: provider });
      spans.manuallyInstrument(require('@langchain/core/callbacks/manager'));
    }
    if (process.env.LANGCHAIN_SPANS === 'traceloop') {
      const { LangChainInstrumentation } = require('@traceloop/instrumentation-langchain');
      const spans = new LangChainInstrumentation({ exceptionLogger() {} });
      spans.setTracerProvider(provider);
      const callbackManagerModule = require('@langchain/core/callbacks/manager');
      spans.manuallyInstrument({ callbackManagerModule });
    }
    class Places extends BaseRetriever {
      lc_namespace = ['tests'];
      async _getRelevantDocuments() {
        return [{ pageContent: 'Drammen', metadata: {} }];
      }
    }
    const model = (scenario) =>
      new ChatOpenAI({
        model: 'gpt-5-mini',
        apiKey: 'sk-test',
        maxRetries: 0,
        configuration: {
          baseURL: `${llm}/v1`,
          defaultHeaders: scenario ? { 'x-scenario': scenario } : {},
        },
      });
    return {
      whole: async () => (await model().invoke('hi there')).content,
      stream: async () => (await drained(model().stream('hi there'))).map(({ content }) => content),
      error: () => model('status-400').invoke('hi there'),
      chain: async () => {
        const weather = tool(({ city }) => `sunny in ${city}`, {
          name: 'weather',
          schema: z.object({ city: z.string() }),
        });
        const retriever = new Places({});
        const chain = RunnableSequence.from([
          () => weather.invoke({ city: 'Oslo' }),
          async (said) => [said, ...(await retriever.invoke('near Oslo'))].length,
          () => 'hi there',
          model(),
        ]);
        return (await chain.invoke('')).content;
      },
      'two at once': () =>
        Promise.all(
          ['one', 'two'].map(async (question) => {
            const chain = RunnableSequence.from([() => question, model()]);
            return (await chain.invoke('')).content;
          }),
        ),
    };
  },
  'ai-sdk'({ llm }) {
    const { generateText, streamText } = require('ai');
    const { createOpenAI } = require('@ai-sdk/openai');
    const { traceModel } = require('@openlayer-tracing/integrations/ai-sdk');
    const openai = createOpenAI({ apiKey: 'sk-test', baseURL: `${llm}/v1` });
    const model =
      DOORS === 'yes' ? traceModel(openai.chat('gpt-5-mini')) : openai.chat('gpt-5-mini');
    const telemetry =
      process.env.AI_TELEMETRY === 'yes'
        ? (() => {
            const { OpenTelemetry } = require('@ai-sdk/otel');
            return { telemetry: { isEnabled: true, integrations: [new OpenTelemetry()] } };
          })()
        : {};
    const request = { model, prompt: 'hi there', maxRetries: 0, ...telemetry };
    return {
      whole: async () => (await generateText(request)).text,
      stream: async () => (await drained(streamText(request).textStream)).join(''),
      error: async () =>
        (await generateText({ ...request, headers: { 'x-scenario': 'status-400' } })).text,
    };
  },
};

exports.all = {
  instrumentations: ['http', 'undici'],
  async run(lab) {
    const { ONLY = '' } = process.env;
    const calls = Object.fromEntries(
      Object.entries(await CASES[CLIENT](lab)).filter(
        ([name]) => ONLY === '' || ONLY.split(',').includes(name),
      ),
    );
    const seen = {};
    const { url, server } = await lab.serve((app) => {
      app.post('/call', async (req, res) => {
        const { name } = req.body;
        seen[name] = await outcome(calls[name]);
        res.json({});
      });
    });
    for (const name of Object.keys(calls)) {
      await lab.ask(`${url}/call`, { method: 'POST', body: { name } });
    }
    const deadline = performance.now() + 8000;
    while (lab.tracer.stats().open > 0 && performance.now() < deadline) await lab.pause(20);
    server.close();
    return seen;
  },
};
