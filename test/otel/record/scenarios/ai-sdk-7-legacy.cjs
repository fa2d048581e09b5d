const { callAiSdk } = require('./ai-calls.cjs');

exports.packages = ['ai7', 'ai7-openai', '@ai-sdk/otel'];

exports.run = async (tools) => {
  const ai = await import('ai7');
  const { createOpenAI } = await import('ai7-openai');
  const { LegacyOpenTelemetry } = await import('@ai-sdk/otel');
  ai.registerTelemetry(new LegacyOpenTelemetry());
  const openai = createOpenAI({ apiKey: 'none', baseURL: `${tools.url}/v1` });
  const telemetry = { telemetry: { functionId: 'answer' } };
  await callAiSdk({ ai, openai, telemetry, version: 7 }, tools);
};
