const { callAiSdk } = require('./ai-calls.cjs');

exports.packages = ['ai5', 'ai5-openai'];

exports.run = async (tools) => {
  const ai = require('ai5');
  const { createOpenAI } = require('ai5-openai');
  const openai = createOpenAI({ apiKey: 'none', baseURL: `${tools.url}/v1` });
  const telemetry = {
    experimental_telemetry: {
      isEnabled: true,
      functionId: 'answer',
      metadata: { sessionId: 's-1', userId: 'ada', plan: 'pro' },
    },
  };
  await callAiSdk({ ai, openai, telemetry, version: 5 }, tools);
};
