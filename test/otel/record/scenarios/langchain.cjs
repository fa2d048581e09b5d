/** A chain with a retriever, a model and a tool, the same for every instrumentation of LangChain. */

exports.runLangChain = async function runLangChain({ url, failing }) {
  const { RunnableLambda, RunnableSequence } = require('@langchain/core/runnables');
  const { ChatPromptTemplate } = require('@langchain/core/prompts');
  const { StringOutputParser } = require('@langchain/core/output_parsers');
  const { BaseRetriever } = require('@langchain/core/retrievers');
  const { tool } = require('@langchain/core/tools');
  const { ChatOpenAI } = require('@langchain/openai');
  const { z } = require('zod');

  class Passages extends BaseRetriever {
    lc_namespace = ['app'];

    async _getRelevantDocuments(query) {
      return [{ pageContent: `About ${query}`, metadata: { source: 'guide', page: 3 } }];
    }
  }
  const weather = tool(({ city }) => `12 °C in ${city}`, {
    name: 'weather',
    description: 'The weather in a city',
    schema: z.object({ city: z.string() }),
  });
  const model = new ChatOpenAI({
    model: 'gpt-5-mini',
    temperature: 0.2,
    apiKey: 'none',
    configuration: { baseURL: `${url}/v1` },
    maxRetries: 0,
  });
  const prompt = ChatPromptTemplate.fromMessages([
    ['system', 'Answer by these passages: {passages}'],
    ['human', '{question}'],
  ]);
  const chain = RunnableSequence.from([
    {
      question: ({ question }) => question,
      passages: RunnableLambda.from(({ question }) => new Passages().invoke(question)),
    },
    prompt,
    model,
    new StringOutputParser(),
  ]);
  const options = { metadata: { session_id: 's-1', plan: 'pro' }, tags: ['demo'] };
  await chain.invoke({ question: 'What is a span?' }, options);
  const called = await model.bindTools([weather]).invoke('The weather in Oslo?');
  for (const call of called.tool_calls) await weather.invoke(call);
  await failing(() =>
    model.invoke('hi', { options: {}, signal: AbortSignal.abort(new Error('too late')) }),
  );
};
