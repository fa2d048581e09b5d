const { callAnthropic } = require('./chats.cjs');

exports.packages = ['@arizeai/openinference-instrumentation-anthropic', '@anthropic-ai/sdk'];

exports.run = async (tools) => {
  const { AnthropicInstrumentation } = require('@arizeai/openinference-instrumentation-anthropic');
  const instrumentation = tools.instrument(new AnthropicInstrumentation());
  const { Anthropic } = require('@anthropic-ai/sdk');
  instrumentation.manuallyInstrument?.(require('@anthropic-ai/sdk'));
  await callAnthropic(new Anthropic({ apiKey: 'none', baseURL: tools.url }), tools);
};
