const { callOpenAI } = require('./chats.cjs');

exports.packages = ['@langfuse/tracing', '@langfuse/openai', 'openai'];

exports.run = async (tools) => {
  const {
    propagateAttributes,
    startActiveObservation,
    startObservation,
  } = require('@langfuse/tracing');
  const { observeOpenAI } = require('@langfuse/openai');
  const { OpenAI } = require('openai');
  await startActiveObservation('answer', async (span) => {
    span.update({ input: { question: 'What is a span?' }, metadata: { plan: 'pro' } });
    await propagateAttributes(
      { userId: 'ada', sessionId: 's-1', tags: ['demo'], metadata: { tier: 'gold' } },
      async () => {
        const types = [
          'agent',
          'tool',
          'retriever',
          'chain',
          'evaluator',
          'guardrail',
          'embedding',
        ];
        for (const asType of types) {
          startObservation(asType, { input: { q: 1 }, output: { a: 2 } }, { asType }).end();
        }
        startObservation('handled', { level: 'WARNING', statusMessage: 'slow' }).end();
        startObservation('failed', { level: 'ERROR', statusMessage: 'it broke' }).end();
        const generation = startObservation(
          'generation',
          {
            model: 'gpt-5-mini',
            modelParameters: { temperature: 0.2 },
            input: [{ role: 'user', content: 'hi' }],
            output: { role: 'assistant', content: 'Hello!' },
            usageDetails: { input: 10, output: 5, input_cached_tokens: 4, total: 19 },
            costDetails: { input: 0.001, output: 0.002, total: 0.003 },
            completionStartTime: new Date(Date.now() + 20),
            prompt: { name: 'greeting', version: 3, isFallback: false },
          },
          { asType: 'generation' },
        );
        await tools.pause(30);
        generation.end();
        const openai = observeOpenAI(new OpenAI({ apiKey: 'none', baseURL: `${tools.url}/v1` }));
        await callOpenAI(openai, tools);
      },
    );
    span.update({ output: { answer: 'A step of another kind.' } });
  });
};
