/** By the short name: how each instrumentation is made. */

module.exports = {
  http: () => new (require('@opentelemetry/instrumentation-http').HttpInstrumentation)(),
  express: () => new (require('@opentelemetry/instrumentation-express').ExpressInstrumentation)(),
  undici: () => new (require('@opentelemetry/instrumentation-undici').UndiciInstrumentation)(),
  'openinference-openai': () =>
    new (require('@arizeai/openinference-instrumentation-openai').OpenAIInstrumentation)(),
  'openinference-anthropic': () =>
    new (require('@arizeai/openinference-instrumentation-anthropic').AnthropicInstrumentation)(),
  'traceloop-openai': () =>
    new (require('@traceloop/instrumentation-openai').OpenAIInstrumentation)({
      exceptionLogger() {},
    }),
  'traceloop-anthropic': () =>
    new (require('@traceloop/instrumentation-anthropic').AnthropicInstrumentation)({
      exceptionLogger() {},
    }),
  'traceloop-bedrock': () =>
    new (require('@traceloop/instrumentation-bedrock').BedrockInstrumentation)({
      exceptionLogger() {},
    }),
  'traceloop-cohere': () =>
    new (require('@traceloop/instrumentation-cohere').CohereInstrumentation)({
      exceptionLogger() {},
    }),
  'traceloop-mcp': () =>
    new (require('@traceloop/instrumentation-mcp').McpInstrumentation)({ exceptionLogger() {} }),
  'traceloop-together': () =>
    new (require('@traceloop/instrumentation-together').TogetherInstrumentation)({
      exceptionLogger() {},
    }),
  'openinference-bedrock': () =>
    new (require('@arizeai/openinference-instrumentation-bedrock').BedrockInstrumentation)(),
  'openinference-mcp': () =>
    new (require('@arizeai/openinference-instrumentation-mcp').MCPInstrumentation)(),
  'otel-aws': () => new (require('@opentelemetry/instrumentation-aws-sdk').AwsInstrumentation)(),
  'otel-openai': () =>
    new (require('@opentelemetry/instrumentation-openai').OpenAIInstrumentation)(),
  pg: () => new (require('@opentelemetry/instrumentation-pg').PgInstrumentation)(),
};
