exports.packages = ['ai5', 'ai5-anthropic'];

exports.run = async ({ url }) => {
  const { generateText } = require('ai5');
  const { createAnthropic } = require('ai5-anthropic');
  const anthropic = createAnthropic({ apiKey: 'none', baseURL: `${url}/v1` });
  await generateText({
    model: anthropic('claude-opus-5'),
    prompt: 'What is a span?',
    experimental_telemetry: { isEnabled: true },
  });
};
