const { callOpenAI } = require('./chats.cjs');

exports.packages = ['@opentelemetry/instrumentation-openai', 'openai'];

exports.run = async (tools) => {
  const { OpenAIInstrumentation } = require('@opentelemetry/instrumentation-openai');
  const instrumentation = tools.instrument(
    new OpenAIInstrumentation({ captureMessageContent: true }),
  );
  const { OpenAI } = require('openai');
  instrumentation.manuallyInstrument?.(OpenAI);
  await callOpenAI(new OpenAI({ apiKey: 'none', baseURL: `${tools.url}/v1` }), tools);
};
