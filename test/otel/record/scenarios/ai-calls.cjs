/** Calls of the AI SDK, the same for its versions. */

/** @param version number of the version, whose options have different names */
exports.callAiSdk = async function callAiSdk({ ai, openai, telemetry, version }, { failing }) {
  const { embedMany, generateText, streamText, stepCountIs, tool } = ai;
  const { z } = require('zod');
  const schema = z.object({ city: z.string() });
  const settings = { ...telemetry, temperature: 0.2, maxRetries: 0 };
  const limit = version === 4 ? { maxSteps: 2 } : { stopWhen: stepCountIs(2) };
  await generateText({
    ...settings,
    ...limit,
    model: openai.chat('gpt-5-mini'),
    system: 'Be brief.',
    prompt: 'The weather in Oslo?',
    tools: {
      weather: tool({
        description: 'The weather in a city',
        [version === 4 ? 'parameters' : 'inputSchema']: schema,
        execute: async ({ city }) => ({ city, degrees: 12 }),
      }),
    },
  });
  const { textStream } = streamText({
    ...settings,
    model: openai.chat('gpt-5-mini'),
    messages: [{ role: 'user', content: 'What is a span?' }],
  });
  for await (const _piece of textStream);
  await embedMany({
    ...telemetry,
    model: openai.embedding?.('text-embedding-4') ?? openai.textEmbeddingModel('text-embedding-4'),
    values: ['one', 'two'],
  });
  await failing(() =>
    generateText({
      ...settings,
      model: openai.chat('gpt-5-mini'),
      prompt: 'hi',
      headers: { 'x-scenario': 'status-400' },
    }),
  );
};
