import { traceBedrock } from '@openlayer-tracing/integrations/bedrock';
import * as bedrock from 'bedrock3';
import { commandsOf, drain, events, type Handler, json, SETTINGS } from './bedrock-client.ts';
import { coverageSuite } from './suite.ts';
import { billed } from './unrecorded-methods.ts';

type Json = Record<string, unknown>;

interface Values {
  readonly starts: readonly Json[];
  readonly deltas: readonly Json[];
  readonly stop: Json;
  readonly metadata: Json;
}

const {
  ApplyGuardrailCommand,
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeGuardrailChecksCommand,
} = bedrock;

function clientOf(requestHandler: Handler): bedrock.BedrockRuntimeClient {
  const client = new BedrockRuntimeClient({
    ...SETTINGS,
    requestHandler: requestHandler as never,
  });
  return traceBedrock(client);
}

const asked = {
  modelId: 'amazon.nova-lite-v1:0',
  messages: [{ role: 'user' as const, content: [{ text: 'Hello' }] }],
};

const MODULE = `import('bedrock3')`;
const TYPES = {
  Converse: `${MODULE}.ConverseResponse`,
  Stream: `{
    starts: NonNullable<${MODULE}.ContentBlockStartEvent['start']>[];
    deltas: NonNullable<${MODULE}.ContentBlockDeltaEvent['delta']>[];
    stop: ${MODULE}.MessageStopEvent;
    metadata: ${MODULE}.ConverseStreamMetadataEvent;
  }`,
  Guardrail: `${MODULE}.ApplyGuardrailResponse`,
  Checks: `${MODULE}.InvokeGuardrailChecksResponse`,
};

function eventsOf({ starts, deltas, stop, metadata }: Values): [string, Json][] {
  const all: [string, Json][] = [['messageStart', { role: 'assistant' }]];
  let contentBlockIndex = 0;
  for (const start of starts) {
    all.push(['contentBlockStart', { contentBlockIndex, start }]);
    all.push(['contentBlockStop', { contentBlockIndex: contentBlockIndex++ }]);
  }
  for (const delta of deltas) {
    all.push(['contentBlockDelta', { contentBlockIndex, delta }]);
    all.push(['contentBlockStop', { contentBlockIndex: contentBlockIndex++ }]);
  }
  return [...all, ['messageStop', stop], ['metadata', metadata]];
}

const NAMED = 'what only the model can read is named by its size';
const PRICED = 'told by usageDetails, where prices differ';

/** Findings of automated reasoning lie deeper than steps keep values. */
function deep(guardrail: string): Record<string, string> {
  const finding = 'automatedReasoningPolicy.findings[translationAmbiguous].translationAmbiguous.*';
  const reason = 'deeper than steps keep values';
  return {
    [`${guardrail}.inputAssessment.*.${finding}`]: reason,
    [`${guardrail}.outputAssessments.*[].${finding}`]: reason,
  };
}

coverageSuite({
  page: 'bedrock',
  client: 'Bedrock, @aws-sdk/client-bedrock-runtime 3',
  types: TYPES,
  answers: [
    {
      title: 'Converse',
      type: 'Converse',
      ask: (answer) => clientOf(json(answer)).send(new ConverseCommand(asked)),
      leftOut: {
        'output.message.role': 'it is always the assistant',
        'output.message.content[reasoningContent].reasoningContent[reasoningText].reasoningText.signature':
          NAMED,
        'output.message.content[reasoningContent].reasoningContent[redactedContent].redactedContent':
          NAMED,
        'usage.totalTokens': 'the sum of the others',
        'usage.cacheDetails[].inputTokens': PRICED,
        'usage.cacheDetails[].ttl': PRICED,
        ...deep('trace.guardrail'),
      },
    },
    {
      title: 'ConverseStream',
      type: 'Stream',
      ask: async (answer) => {
        const command = new ConverseStreamCommand(asked);
        await drain((await clientOf(events(eventsOf(answer))).send(command)).stream);
      },
      leftOut: {
        'deltas[reasoningContent].reasoningContent[redactedContent].redactedContent': NAMED,
        'deltas[reasoningContent].reasoningContent[signature].signature': NAMED,
        'metadata.usage.totalTokens': 'the sum of the others',
        'metadata.usage.cacheDetails*': PRICED,
        ...deep('metadata.trace.guardrail'),
      },
    },
    {
      title: 'ApplyGuardrail',
      type: 'Guardrail',
      ask: (answer) =>
        clientOf(json(answer)).send(
          new ApplyGuardrailCommand({
            guardrailIdentifier: 'g',
            guardrailVersion: '1',
            source: 'INPUT',
            content: [{ text: { text: 'Hello' } }],
          }),
        ),
      leftOut: {},
    },
    {
      title: 'InvokeGuardrailChecks',
      type: 'Checks',
      ask: (answer) =>
        clientOf(json(answer)).send(new InvokeGuardrailChecksCommand({ messages: [], checks: {} })),
      leftOut: {},
    },
  ],
  tried: {
    methods: () =>
      commandsOf(
        bedrock,
        {
          ...asked,
          body: '{}',
          guardrailIdentifier: 'some_guardrail',
          guardrailVersion: 'some_version',
          source: 'INPUT',
          content: [],
          invocationArn: 'some_arn',
          modelId: 'some_model',
          modelInput: {},
          outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://bucket' } },
          checks: {},
          input: { converse: asked },
        },
        clientOf,
      ),
    unrecorded: {
      CountTokens: 'costs nothing',
      GetAsyncInvoke: 'costs nothing: what was made lies in a bucket',
      ListAsyncInvokes: 'costs nothing',
      InvokeModelWithBidirectionalStream: billed('a session that goes both ways at once'),
    },
  },
});
