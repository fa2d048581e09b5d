import {
  type Span,
  setTraceProcessors,
  withAgentSpan,
  withCustomSpan,
  withFunctionSpan,
  withGenerationSpan,
  withGuardrailSpan,
  withHandoffSpan,
  withMCPListToolsSpan,
  withResponseSpan,
  withSpeechGroupSpan,
  withSpeechSpan,
  withTaskSpan,
  withTrace,
  withTranscriptionSpan,
  withTurnSpan,
} from '@openai/agents';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import type { AnswerTable } from './facts.ts';
import { ITEM, NAMED, OF_CHAT, OF_RESPONSE, SECRET } from './openai-reasons.ts';
import { coverageSuite } from './suite.ts';

type Data = Record<string, unknown>;
type With = (
  run: (span: { readonly spanData: object }) => Promise<void>,
  options?: { readonly data: object },
) => Promise<unknown>;

setTraceProcessors([agentsTraceProcessor()]);

/** A span that says this, within a workflow. */
const spanned = (withSpan: unknown, data: object, inner?: () => Promise<unknown>) =>
  withTrace('workflow', async () => {
    const { type: _, ...said } = data as Data;
    await (withSpan as With)(
      async ({ spanData }) => {
        Object.assign(spanData, said);
        await inner?.();
      },
      { data: said },
    );
  });

const span = (
  title: string,
  type: string,
  withSpan: unknown,
  more: Partial<AnswerTable> = {},
): AnswerTable => ({
  title,
  type,
  isAsked: true,
  ask: (data: object) => spanned(withSpan, data),
  leftOut: {},
  ...more,
});

const TAKEN = /^(temperature|top_p|max_output_tokens|tool_choice)\*$/;
const tables: readonly AnswerTable[] = [
  span('agent', 'Agent', withAgentSpan),
  span('task', 'Task', withTaskSpan, {
    leftOut: {
      name: 'the name of the workflow stands above',
      'usage.*': 'the sum of the calls below',
    },
    ask: (data: object) =>
      spanned(withTaskSpan, data, () => (withGenerationSpan as unknown as With)(async () => {})),
  }),
  span('turn', 'Turn', withTurnSpan, {
    leftOut: {
      turn: 'the order of the steps tells it',
      agent_name: 'the step above has its name',
    },
    ask: (data: object) =>
      spanned(withTurnSpan, data, () => (withGenerationSpan as unknown as With)(async () => {})),
  }),
  span('function', 'Function', withFunctionSpan),
  span('generation', 'Generation', withGenerationSpan),
  span('response', 'ResponseSpan', withResponseSpan, {
    leftOut: { response_id: 'the answer has it' },
  }),
  span('handoff', 'Handoff', withHandoffSpan),
  span('custom', 'Custom', withCustomSpan),
  span('guardrail', 'Guardrail', withGuardrailSpan, {
    leftOut: { triggered: 'the action of the step tells it: block or allow' },
  }),
  span('transcription', 'Transcription', withTranscriptionSpan, {
    leftOut: { 'input.data': NAMED },
  }),
  span('speech', 'Speech', withSpeechSpan, { leftOut: { 'output.data': NAMED } }),
  span('speech_group', 'SpeechGroup', withSpeechGroupSpan),
  span('mcp_tools', 'Tools', withMCPListToolsSpan),
  {
    title: 'the answer of a response',
    type: 'Response',
    ask: (_response: object) => spanned(withResponseSpan, { _response }),
    leftOut: Object.fromEntries(
      // What it repeats of the request is taken for what was asked.
      Object.entries(OF_RESPONSE).filter(([field]) => !TAKEN.test(field)),
    ),
  },
  {
    title: 'the answer of a generation by OpenAI',
    type: 'Chat',
    ask: (answer: object) => spanned(withGenerationSpan, { output: [answer] }),
    leftOut: OF_CHAT,
  },
  {
    title: 'the answer of a generation by another provider',
    type: 'Item',
    ask: (item: object) => spanned(withGenerationSpan, { output: [item] }),
    leftOut: { '[assistant].id': ITEM, '[reasoning].id': ITEM },
  },
  {
    title: 'a trace',
    type: 'Trace',
    isAsked: true,
    ask: async (trace: Data) => {
      await withTrace(String(trace.name), async () => {}, trace as never);
    },
    leftOut: { tracingApiKey: SECRET },
  },
  {
    title: 'an error',
    type: 'Failure',
    ask: (error: object) =>
      withTrace('workflow', async () => {
        await (withFunctionSpan as unknown as With)(async (failed) => {
          (failed as Span<never>).setError(error as never);
        });
      }),
    leftOut: {},
  },
];

const agents = "import('@openai/agents')";
const ofSpan = (type: string) => `Extract<${agents}.SpanData, { type: '${type}' }>`;

coverageSuite({
  page: 'openai-agents',
  client: '@openai/agents 0.20',
  types: {
    Agent: ofSpan('agent'),
    Task: ofSpan('task'),
    Turn: ofSpan('turn'),
    Function: ofSpan('function'),
    Generation: ofSpan('generation'),
    ResponseSpan: ofSpan('response'),
    Handoff: ofSpan('handoff'),
    Custom: ofSpan('custom'),
    Guardrail: ofSpan('guardrail'),
    Transcription: ofSpan('transcription'),
    Speech: ofSpan('speech'),
    SpeechGroup: ofSpan('speech_group'),
    Tools: ofSpan('mcp_tools'),
    Response: "import('openai7').OpenAI.Responses.Response",
    Chat: "import('openai7').OpenAI.ChatCompletion",
    Item: `${agents}.protocol.OutputModelItem`,
    Trace: `Pick<${agents}.Trace, 'traceId' | 'name' | 'groupId' | 'metadata' | 'tracingApiKey'>`,
    Failure: `${agents}.SpanError`,
  },
  answers: tables,
});
