const { callOpenAI } = require('./chats.cjs');

exports.packages = ['@traceloop/instrumentation-openai', 'openai'];

exports.run = async (tools) => {
  const { OpenAIInstrumentation } = require('@traceloop/instrumentation-openai');
  const instrumentation = tools.instrument(new OpenAIInstrumentation());
  const { OpenAI } = require('openai');
  instrumentation.manuallyInstrument?.(OpenAI);
  await callOpenAI(new OpenAI({ apiKey: 'none', baseURL: `${tools.url}/v1` }), tools);
};
