import { traceBedrock } from '@openlayer-tracing/integrations/bedrock';
import * as agents from 'bedrock-agent3';
import { commandsOf, drain, events, type Handler, json, SETTINGS } from './bedrock-client.ts';
import { coverageSuite } from './suite.ts';

const {
  AgenticRetrieveStreamCommand,
  BedrockAgentRuntimeClient,
  GenerateQueryCommand,
  InvokeAgentCommand,
  InvokeFlowCommand,
  OptimizePromptCommand,
  RerankCommand,
  RetrieveAndGenerateCommand,
  RetrieveAndGenerateStreamCommand,
  RetrieveCommand,
} = agents;

function clientOf(requestHandler: Handler): agents.BedrockAgentRuntimeClient {
  const client = new BedrockAgentRuntimeClient({
    ...SETTINGS,
    requestHandler: requestHandler as never,
  });
  return traceBedrock(client);
}

const MODULE = `import('bedrock-agent3')`;
const TYPES = {
  Agent: `{
    chunk: ${MODULE}.PayloadPart;
    returnControl: ${MODULE}.ReturnControlPayload;
    files: ${MODULE}.FilePart;
  }`,
  Work: `{
    preProcessing: NonNullable<${MODULE}.PreProcessingTrace>[];
    orchestration: NonNullable<${MODULE}.OrchestrationTrace>[];
    postProcessing: NonNullable<${MODULE}.PostProcessingTrace>[];
    routing: NonNullable<${MODULE}.RoutingClassifierTrace>[];
    guardrail: ${MODULE}.GuardrailTrace;
    custom: ${MODULE}.CustomOrchestrationTrace;
    failure: ${MODULE}.FailureTrace;
  }`,
  Flow: `{
    output: ${MODULE}.FlowOutputEvent;
    completion: ${MODULE}.FlowCompletionEvent;
    input: ${MODULE}.FlowMultiTurnInputRequestEvent;
  }`,
  Retrieve: `${MODULE}.RetrieveResponse`,
  Generate: `${MODULE}.RetrieveAndGenerateResponse`,
  GenerateStream: `{
    output: ${MODULE}.RetrieveAndGenerateOutputEvent;
    citation: ${MODULE}.CitationEvent;
    guardrail: ${MODULE}.GuardrailEvent;
  }`,
  Rerank: `${MODULE}.RerankResponse`,
  Query: `${MODULE}.GenerateQueryResponse`,
  Optimized: `{
    analyzePromptEvent: ${MODULE}.AnalyzePromptEvent;
    optimizedPromptEvent: ${MODULE}.OptimizedPromptEvent;
  }`,
  Agentic: `{
    result: ${MODULE}.AgenticRetrieveResultEvent;
    traceEvent: ${MODULE}.AgenticRetrieveTraceEvent;
    responseEvent: ${MODULE}.AgenticRetrieveResponseEvent;
  }`,
};

type Values = Record<string, object>;
const pairs = (answer: Values) => Object.entries(answer) as [string, object][];

const AGENT = { agentId: 'some_agent', agentAliasId: 'some_alias', sessionId: 'some_session' };
const FLOW = {
  flowIdentifier: 'some_flow',
  flowAliasIdentifier: 'some_alias',
  inputs: [{ nodeName: 'start', nodeOutputName: 'document', content: { document: 'Hello' } }],
};
const GENERATE = { input: { text: 'Hello' } };

/** The trace of an agent, part by part. */
function traceOf({ guardrail, custom, failure, ...parts }: Values): [string, object][] {
  const names: Record<string, string> = { routing: 'routingClassifierTrace' };
  const all = Object.entries(parts).flatMap(([name, variants]) =>
    (variants as object[]).map((part) => ({ [names[name] ?? `${name}Trace`]: part })),
  );
  const others = [
    { guardrailTrace: guardrail },
    { customOrchestrationTrace: custom },
    { failureTrace: failure },
  ];
  return [...all, ...others].map((trace) => ['trace', { trace }]);
}

const askAgent = async (all: [string, object][]) => {
  const { completion } = await clientOf(events(all)).send(
    new InvokeAgentCommand({ ...AGENT, inputText: 'Hello' }),
  );
  await drain(completion);
};

const FREE = 'costs nothing';
const SESSIONS = 'costs nothing: it keeps what an app says of its own sessions';
const MASKED = 'masked as a secret, as it is named';

coverageSuite({
  page: 'bedrock-agent',
  client: 'Bedrock agents, @aws-sdk/client-bedrock-agent-runtime 3',
  types: TYPES,
  answers: [
    {
      title: 'InvokeAgent',
      type: 'Agent',
      ask: (answer) => askAgent(pairs(answer)),
      leftOut: {},
      marks: { set: { 'chunk.bytes': (mark: string) => Buffer.from(mark).toString('base64') } },
    },
    {
      title: 'The trace of InvokeAgent',
      type: 'Work',
      ask: (answer) => askAgent(traceOf(answer)),
      leftOut: {},
      // They are the times of the step.
      marks: { skip: (path) => /\.(startTime|endTime)$/.test(path) },
    },
    {
      title: 'InvokeFlow',
      type: 'Flow',
      ask: async ({ output, input, completion }: Values) => {
        const all: [string, object][] = [
          ['flowOutputEvent', output as object],
          ['flowMultiTurnInputRequestEvent', input as object],
          ['flowCompletionEvent', completion as object],
        ];
        const { responseStream } = await clientOf(events(all)).send(new InvokeFlowCommand(FLOW));
        await drain(responseStream);
      },
      leftOut: {},
    },
    {
      title: 'Retrieve',
      type: 'Retrieve',
      ask: (answer) =>
        clientOf(json(answer)).send(
          new RetrieveCommand({ knowledgeBaseId: 'KB1', retrievalQuery: { text: 'Hello' } }),
        ),
      leftOut: { nextToken: MASKED },
    },
    {
      title: 'RetrieveAndGenerate',
      type: 'Generate',
      ask: (answer) => clientOf(json(answer)).send(new RetrieveAndGenerateCommand(GENERATE)),
      leftOut: {},
    },
    {
      title: 'RetrieveAndGenerateStream',
      type: 'GenerateStream',
      ask: async (answer) => {
        const command = new RetrieveAndGenerateStreamCommand(GENERATE);
        await drain((await clientOf(events(pairs(answer))).send(command)).stream);
      },
      leftOut: {},
    },
    {
      title: 'Rerank',
      type: 'Rerank',
      ask: (answer) =>
        clientOf(json(answer)).send(
          new RerankCommand({ queries: [], sources: [], rerankingConfiguration: undefined }),
        ),
      leftOut: { nextToken: MASKED },
    },
    {
      title: 'GenerateQuery',
      type: 'Query',
      ask: (answer) =>
        clientOf(json(answer)).send(
          new GenerateQueryCommand({
            queryGenerationInput: { type: 'TEXT', text: 'Hello' },
            transformationConfiguration: { mode: 'TEXT_TO_SQL' },
          }),
        ),
      leftOut: {},
    },
    {
      title: 'OptimizePrompt',
      type: 'Optimized',
      ask: async (answer) => {
        const command = new OptimizePromptCommand({
          input: { textPrompt: { text: 'Hello' } },
          targetModelId: 'amazon.nova-lite-v1:0',
        });
        await drain((await clientOf(events(pairs(answer))).send(command)).optimizedPrompt);
      },
      leftOut: {},
    },
    {
      title: 'AgenticRetrieveStream',
      type: 'Agentic',
      ask: async (answer) => {
        const command = new AgenticRetrieveStreamCommand({
          messages: [],
          retrievers: [],
          agenticRetrieveConfiguration: undefined,
        });
        await drain((await clientOf(events(pairs(answer))).send(command)).stream);
      },
      leftOut: { 'result.nextToken': MASKED },
    },
  ],
  tried: {
    methods: () =>
      commandsOf(
        agents,
        {
          ...AGENT,
          ...FLOW,
          ...GENERATE,
          foundationModel: 'some_model',
          instruction: 'Be brief.',
          executionIdentifier: 'some_execution',
          knowledgeBaseId: 'some_base',
          dataSourceId: 'some_source',
          documentId: 'some_document',
          sessionIdentifier: 'some_session',
          invocationIdentifier: 'some_invocation',
          invocationStepId: 'some_step',
          memoryType: 'SESSION_SUMMARY',
          resourceArn: 'some_arn',
          tags: {},
          tagKeys: ['tag'],
          eventType: 'Node',
          retrievalQuery: { text: 'Hello' },
          messages: [],
          retrievers: [],
          queries: [],
          sources: [],
          queryGenerationInput: { type: 'TEXT', text: 'Hello' },
          targetModelId: 'some_model',
        },
        clientOf,
      ),
    unrecorded: {
      CheckIngestedDocumentAcl: FREE,
      CreateInvocation: SESSIONS,
      CreateSession: SESSIONS,
      DeleteAgentMemory: FREE,
      DeleteSession: SESSIONS,
      EndSession: SESSIONS,
      GetAgentMemory: FREE,
      GetDocumentContent: FREE,
      GetExecutionFlowSnapshot: FREE,
      GetFlowExecution: FREE,
      GetIngestedDocumentAcl: FREE,
      GetInvocationStep: SESSIONS,
      GetSession: SESSIONS,
      ListFlowExecutionEvents: FREE,
      ListFlowExecutions: FREE,
      ListInvocationSteps: SESSIONS,
      ListInvocations: SESSIONS,
      ListSessions: SESSIONS,
      ListTagsForResource: FREE,
      PutInvocationStep: SESSIONS,
      StopFlowExecution: FREE,
      TagResource: FREE,
      UntagResource: FREE,
      UpdateSession: SESSIONS,
    },
  },
});
