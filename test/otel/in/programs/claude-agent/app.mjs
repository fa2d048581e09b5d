/**
 * Runs Anthropic's agent SDK with our integration and OpenInference's instrumentation, as the environment says. Prints what the app
 * saw, the spans and the rows as JSON.
 */

import { fileURLToPath } from 'node:url';
import * as sdk from '@anthropic-ai/claude-agent-sdk';
import { ClaudeAgentSDKInstrumentation } from '@arizeai/openinference-instrumentation-claude-agent-sdk';
import { getTracer } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { traceClaudeAgent } from '@openlayer-tracing/integrations/claude-agent-sdk';
import { openlayerSpanProcessor } from '@openlayer-tracing/otel';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

const exporter = new InMemorySpanExporter();
const spanProcessors = [openlayerSpanProcessor(), new SimpleSpanProcessor(exporter)];
const tracerProvider = new BasicTracerProvider({ spanProcessors });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const instrumented = (query) => {
  const instrumentation = new ClaudeAgentSDKInstrumentation({ tracerProvider });
  return instrumentation.manuallyInstrument({ ...sdk, query }).query;
};

/** By the name of the setup: the function that the app calls. */
const SETUPS = {
  ours: traceClaudeAgent,
  theirs: instrumented,
  'ours around theirs': (query) => traceClaudeAgent(instrumented(query)),
  'theirs around ours': (query) => instrumented(traceClaudeAgent(query)),
};
const query = SETUPS[process.env.SETUP](sdk.query);

const pathToClaudeCodeExecutable = fileURLToPath(new URL('agent.mjs', import.meta.url));

/** The types of the messages that the app received. */
async function ask(prompt) {
  const types = [];
  for await (const message of query({ prompt, options: { pathToClaudeCodeExecutable } })) {
    types.push(message.type);
  }
  return types;
}

async function* later(text) {
  yield { type: 'user', message: { role: 'user', content: text }, parent_tool_use_id: null };
}

const REQUESTS = {
  'one run': () => ask('list'),
  'one after the other': async () => [await ask('first'), await ask('second')],
  'two at once': () => Promise.all([ask('left'), ask('right')]),
  'a stream of prompts': () => ask(later('stream')),
  'a failure': () => ask('fail'),
};

const traces = captureTraces();
const seen = {};
for (const [name, request] of Object.entries(REQUESTS)) {
  const trace = getTracer().startTrace(name);
  seen[name] = await trace.run(request).catch(String);
  trace.end();
}
const rows = await traces.rows();
const spans = exporter.getFinishedSpans().map(({ name }) => name);
process.stdout.write(JSON.stringify({ seen, spans, rows }), () => process.exit(0));
