/** What is recorded of the spans of Mastra, by its own types, which are installed with its app. */

import { join } from 'node:path';
import { trace } from '@openlayer-tracing/core';
import { mastraBridge } from '@openlayer-tracing/integrations/mastra';
import type { AnswerTable } from '../integrations/coverage/facts.ts';
import { coverageSuite } from '../integrations/coverage/suite.ts';
import { libraries } from './apps.ts';

type Json = Readonly<Record<string, unknown>>;
type Spans = readonly (readonly [id: string, span: Json])[];

const began = new Date(1000);

/** Has spans begin one below the other, and end from the last to the first. */
async function told(spans: Spans): Promise<void> {
  const bridge = mastraBridge();
  const all = spans.map(([id, span], i) => {
    const parentSpanId = spans[i - 1]?.[0];
    return { id, name: id, startTime: began, parentSpanId, isEvent: false, ...span };
  });
  await trace(
    async () => {
      for (const exportedSpan of all) {
        const { output: _output, endTime: _end, errorInfo: _error, ...span } = exportedSpan as Json;
        await bridge.exportTracingEvent({ type: 'span_started', exportedSpan: span });
      }
      for (const exportedSpan of all.toReversed()) {
        await bridge.exportTracingEvent({ type: 'span_ended', exportedSpan });
      }
    },
    { name: 'request', output: () => null },
  )();
}

const run = ['run', { type: 'agent_run' }] as const;
const generation = ['generation', { type: 'model_generation' }] as const;
const step = ['step', { type: 'model_step', attributes: { stepIndex: 0 } }] as const;
const inference = ['inference', { type: 'model_inference', attributes: { model: 'm' } }] as const;

const spanned = (type: string) => (attributes: Json) => told([run, ['span', { type, attributes }]]);

const SENT = 'told by the calls of the model below';
const TEXT = 'included in promptTokens and completionTokens';
const SHORT = 'what is written to a cache for five minutes is priced as all that is';
const VECTORS = 'vectors are billed by all that goes in';
const PLACE = 'the place of the step tells it';
const WHEN = 'times are those of the step';
const MODEL = {
  'usage.inputDetails.text': TEXT,
  'usage.outputDetails.text': TEXT,
  'usage.inputDetails.cacheWrite5m': SHORT,
  'usage.inputDetails.cacheWrite1h': 'the price is told of it, which no field of the step shows',
};
const leftOut = (...fields: readonly string[]) => ({
  leftOut: Object.fromEntries(fields.map((field) => [field, SENT])),
});

const KINDS: Readonly<Record<string, Partial<AnswerTable>>> = {
  AGENT_RUN: {},
  SCORER_RUN: {},
  CLASSIFIER_EVALUATION: { leftOut: { ...MODEL, durationMs: WHEN } },
  SCORER_STEP: {},
  WORKFLOW_RUN: {},
  MODEL_GENERATION: {
    ask: (attributes: Json) =>
      told([run, ['generation', { type: 'model_generation', attributes }], step, inference]),
    ...leftOut(
      ...['model', 'provider', 'usage.*', 'parameters.*', 'streaming', 'finishReason'],
      ...['completionStartTime', 'responseModel', 'responseId'],
    ),
  },
  MODEL_STEP: {
    ask: (attributes: Json) =>
      told([run, generation, ['step', { type: 'model_step', attributes }], inference]),
    ...leftOut('stepIndex', 'usage.*', 'finishReason', 'isContinued'),
  },
  MODEL_INFERENCE: {
    ask: (attributes: Json) =>
      told([run, generation, step, ['inference', { type: 'model_inference', attributes }]]),
    leftOut: {
      ...MODEL,
      stepIndex: 'the order of the steps tells it',
      streaming: 'timeToFirstToken tells it',
      completionStartTime: 'timeToFirstToken tells it',
    },
  },
  MODEL_CHUNK: {
    leftOut: Object.fromEntries(
      ['chunkType', 'sequenceNumber', 'internalUsage.*'].map((field) => [
        field,
        'pieces of a stream are not steps: its call has all of them',
      ]),
    ),
  },
  TOOL_CALL: {},
  CLIENT_TOOL_CALL: {},
  PROVIDER_TOOL_CALL: {},
  MCP_TOOL_CALL: {},
  MCP_SERVER_REQUEST: {},
  PROCESSOR_RUN: {},
  WORKFLOW_STEP: {},
  WORKFLOW_CONDITIONAL: {},
  WORKFLOW_CONDITIONAL_EVAL: {},
  WORKFLOW_PARALLEL: {},
  WORKFLOW_LOOP: {},
  WORKFLOW_SLEEP: {},
  WORKFLOW_WAIT_EVENT: {},
  WORKSPACE_ACTION: {},
  GENERIC: {},
  MEMORY_OPERATION: {},
  RAG_INGESTION: {},
  RAG_EMBEDDING: {
    leftOut: {
      'usage.outputTokens': VECTORS,
      'usage.inputDetails.*': VECTORS,
      'usage.outputDetails.*': VECTORS,
    },
  },
  RAG_VECTOR_OPERATION: {},
  RAG_ACTION: {},
  GRAPH_ACTION: {},
  MAPPING: {},
  SKILL_RESOLUTION: {},
  SKILL_ACTION: {},
  AGENT_SIGNAL: {},
};

coverageSuite({
  page: 'mastra',
  client: '@mastra/core 1',
  types: async () => {
    const folder = join(await libraries('mastra'), 'node_modules');
    const core = `import('${join(folder, '@mastra/core/dist/observability/index.js')}')`;
    const names = Object.keys(KINDS);
    const known = names.map((name) => `${core}.SpanType.${name}`).join(' | ');
    return {
      ...Object.fromEntries(
        names.map((name) => [name, `${core}.SpanTypeMap[${core}.SpanType.${name}]`]),
      ),
      Others: `${core}.SpanTypeMap[Exclude<keyof ${core}.SpanTypeMap, ${known}>]`,
      Span: `Omit<${core}.ExportedSpan<${core}.SpanType.GENERIC>, 'type' | 'attributes'>`,
    };
  },
  answers: [
    {
      title: 'every span',
      type: 'Span',
      isAsked: true,
      marks: { set: { isEvent: false } },
      ask: (span: Json) => told([['span', { ...span, type: 'generic', parentSpanId: undefined }]]),
      leftOut: {
        ...{ id: PLACE, parentSpanId: PLACE, externalParentSpanId: PLACE },
        ...{ isRootSpan: PLACE, isInternal: PLACE },
        entityName: 'it names steps of agents and tools',
        startTime: WHEN,
        endTime: WHEN,
        'errorInfo.stack': 'where code of others failed',
      },
    },
    ...Object.entries(KINDS).map(([name, table]) => ({
      title: name.toLowerCase(),
      type: name,
      isAsked: true,
      ask: spanned(name.toLowerCase()),
      leftOut: {},
      ...table,
    })),
    { title: 'spans of other kinds', type: 'Others', ask: async () => {}, leftOut: {} },
  ],
});
