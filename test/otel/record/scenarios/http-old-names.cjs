const { calls } = require('./web.cjs');

exports.packages = ['http-instrumentation-old', '@opentelemetry/instrumentation-pg'];

exports.run = async (tools) => {
  const { HttpInstrumentation } = require('http-instrumentation-old');
  tools.instrument(new HttpInstrumentation());
  await calls(tools);
};
