const { calls } = require('./web.cjs');

exports.packages = [
  '@opentelemetry/instrumentation-http',
  '@opentelemetry/instrumentation-express',
  '@opentelemetry/instrumentation-undici',
  '@opentelemetry/instrumentation-pg',
];

exports.run = async (tools) => {
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
  const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express');
  const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici');
  const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg');
  tools.instrument(new HttpInstrumentation());
  tools.instrument(new ExpressInstrumentation());
  tools.instrument(new UndiciInstrumentation());
  tools.instrument(new PgInstrumentation());
  await calls(tools);
};
