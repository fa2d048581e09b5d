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
  langchain({ llm, provider }) {
    const { ChatOpenAI } = require('@langchain/openai');
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
      Object.entries(CASES[CLIENT](lab)).filter(
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
