exports.packages = ['langsmith', '@langchain/core'];

exports.run = async (tools) => {
  process.env.LANGSMITH_TRACING = 'true';
  process.env.LANGSMITH_OTEL_ENABLED = 'true';
  process.env.LANGSMITH_API_KEY = 'none';
  process.env.LANGSMITH_ENDPOINT = tools.url;
  const { initializeOTEL } = require('langsmith/experimental/otel/setup');
  initializeOTEL({ globalTracerProvider: tools.provider });
  const { traceable } = require('langsmith/traceable');
  const { Client } = require('langsmith');
  const client = new Client({ autoBatchTracing: true });
  const search = traceable(
    async (query) => [{ page_content: `About ${query}`, type: 'Document' }],
    {
      name: 'search',
      run_type: 'retriever',
      client,
    },
  );
  const model = traceable(
    async ({ messages }) => ({
      choices: [{ message: { role: 'assistant', content: `About ${messages.length}` } }],
      usage_metadata: { input_tokens: 12, output_tokens: 5, total_tokens: 17 },
    }),
    {
      name: 'model',
      run_type: 'llm',
      client,
      metadata: { ls_provider: 'openai', ls_model_name: 'gpt-5-mini', ls_temperature: 0.2 },
    },
  );
  const answer = traceable(
    async (question) => {
      await search(question);
      return model({ messages: [{ role: 'user', content: question }] });
    },
    { name: 'answer', run_type: 'chain', client, tags: ['demo'], metadata: { session_id: 's-1' } },
  );
  await answer('What is a span?');
  await tools.failing(
    traceable(
      async () => {
        throw new RangeError('out of range');
      },
      { name: 'failed', run_type: 'tool', client },
    ),
  );
  await client.awaitPendingTraceBatches();
};
