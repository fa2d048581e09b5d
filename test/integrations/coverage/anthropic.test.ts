import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import Anthropic from 'anthropic1';
import { json, sse } from './answers.ts';
import { coverageSuite } from './suite.ts';
import { billed, local } from './unrecorded-methods.ts';

type Fetch = typeof globalThis.fetch;
type Json = Record<string, unknown>;

interface Values {
  readonly start: Json;
  readonly blocks: readonly Json[];
  readonly deltas: readonly Json[];
  readonly end: Json;
}

/** What the last event of a stream tells, and the first one before it. */
const TOLD_LAST = [
  ...['stop_reason', 'stop_sequence', 'stop_details', 'container', 'context_management'],
  ...['input_transformations', 'content', 'type', 'role'],
];

const TYPES = {
  Client: `import('anthropic1').Anthropic`,
  Message: `import('anthropic1').Anthropic.Message`,
  BetaMessage: `import('anthropic1').Anthropic.Beta.BetaMessage`,
  Stream: streamOf(`import('anthropic1').Anthropic.`, ''),
  BetaStream: streamOf(`import('anthropic1').Anthropic.Beta.`, 'Beta'),
  ErrorResponse: `import('anthropic1').Anthropic.ErrorResponse`,
};

/** All that the events of a stream bring. */
function streamOf(module: string, prefix: string): string {
  return `{
    start: Omit<${module}${prefix}Message, ${TOLD_LAST.map((name) => `'${name}'`).join(' | ')}>;
    blocks: ${module}${prefix}ContentBlock[];
    deltas: ${module}${prefix}RawContentBlockDelta[];
    end: Omit<${module}${prefix}RawMessageDeltaEvent, 'type'>;
  }`;
}

function clientOf(fetch: Fetch): Anthropic {
  return traceAnthropic(new Anthropic({ apiKey: 'k', maxRetries: 0, fetch }));
}

const asked = {
  model: 'claude-sonnet-4-6',
  max_tokens: 9,
  messages: [{ role: 'user' as const, content: 'Hello' }],
};

/** The events that bring what was made of the types above. */
function eventsOf({ start, blocks, deltas, end }: Values): unknown[] {
  const events: unknown[] = [
    {
      type: 'message_start',
      message: { type: 'message', role: 'assistant', content: [], ...start },
    },
  ];
  let index = 0;
  for (const content_block of blocks) {
    events.push({ type: 'content_block_start', index, content_block });
    events.push({ type: 'content_block_stop', index: index++ });
  }
  for (const delta of deltas) {
    events.push({ type: 'content_block_start', index, content_block: begunBy(delta) });
    events.push({ type: 'content_block_delta', index, delta });
    events.push({ type: 'content_block_stop', index: index++ });
  }
  return [...events, { type: 'message_delta', ...end }, { type: 'message_stop' }];
}

/** The block that a delta goes on with. */
function begunBy({ type }: Json): Json {
  switch (type) {
    case 'input_json_delta':
      return { type: 'tool_use', id: 'toolu', name: 'tool', input: {} };
    case 'compaction_delta':
      return { type: 'compaction' };
    case 'thinking_delta':
    case 'signature_delta':
      return { type: 'thinking', thinking: '' };
    default:
      return { type: 'text', text: '' };
  }
}

const skip = (path: string) => path.includes('[string & {}]');
const INTO = 'included in promptTokens';
const OUT = 'included in completionTokens';
const LATER = 'told again, and complete, by the last event';
const NAMED = 'what only Anthropic can read is named by its size';

const OF_USAGE = {
  'usage.cache_creation.*': 'told by usageDetails, where prices differ',
  'usage.output_tokens': OUT,
};
const OF_CONTENT = {
  'content[thinking].signature': NAMED,
  'content[redacted_thinking].data': NAMED,
};
const OF_STREAM = {
  'start.usage.cache_creation.*': 'told by usageDetails, where prices differ',
  'start.usage.cache_creation_input_tokens': LATER,
  'start.usage.cache_read_input_tokens': LATER,
  'start.usage.input_tokens': LATER,
  'start.usage.output_tokens': 'counts the first tokens alone',
  'start.usage.output_tokens_details.thinking_tokens': LATER,
  'start.usage.server_tool_use.*': LATER,
  'end.usage.output_tokens': OUT,
  'blocks[thinking].signature': NAMED,
  'blocks[redacted_thinking].data': NAMED,
  'deltas[signature_delta].signature': NAMED,
};

/** The client's own plumbing, below the methods of its resources. */
const PLUMBING =
  /^(\w*Auth|authHeaders|backendMiddleware|build\w+|calculate\w+|default\w+|fetch\w*|get\w*|is\w+|make\w+|method\w+|patch|post|prepare\w+|put|delete|request\w*|retry\w+|should\w+|stringify\w+|validate\w+|withOptions)$/;

const { model, messages } = asked;
const GIVEN = {
  'messages.create': [asked],
  'messages.parse': [asked],
  'messages.stream': [asked],
  'messages.countTokens': [{ model, messages }],
  'beta.messages.create': [asked],
  'beta.messages.parse': [asked],
  'beta.messages.stream': [asked],
  'beta.messages.toolRunner': [{ ...asked, tools: [] }],
  'beta.messages.countTokens': [{ model, messages }],
};

const MANAGED = 'costs nothing: it manages what is kept there';
const FREE = 'costs nothing';
const AGENTS = billed('agents that Anthropic runs, whose sessions are billed there');
const BATCHES = 'costs nothing: its answers are billed, and are read by `results`';
const RESULTS = 'one step, once lines of answers are read, of which this one had none';
const HERE = local();
const UNRECORDED = {
  'messages.countTokens': FREE,
  'beta.messages.countTokens': FREE,
  'beta.messages.thread': HERE,
  'messages.batches.results': RESULTS,
  'beta.messages.batches.results': RESULTS,
  'messages.batches.*': BATCHES,
  'beta.messages.batches.*': BATCHES,
  'models.*': FREE,
  'beta.models.*': FREE,
  'files.*': MANAGED,
  'skills.*': MANAGED,
  'userProfiles.*': MANAGED,
  'organization.*': MANAGED,
  'beta.agents.*': MANAGED,
  'beta.deploymentRuns.*': MANAGED,
  'beta.deployments.run': AGENTS,
  'beta.deployments.*': MANAGED,
  'beta.dreams.create': AGENTS,
  'beta.dreams.*': MANAGED,
  'beta.environments.work.poller': HERE,
  'beta.environments.work.worker': HERE,
  'beta.environments.*': MANAGED,
  'beta.files.*': MANAGED,
  'beta.memoryStores.*': MANAGED,
  'beta.organization.*': MANAGED,
  'beta.sessions.create': AGENTS,
  'beta.sessions.events.send': AGENTS,
  'beta.sessions.events.toolRunner': HERE,
  'beta.sessions.*': MANAGED,
  'beta.skills.*': MANAGED,
  'beta.tunnels.*': MANAGED,
  'beta.userProfiles.*': MANAGED,
  'beta.vaults.*': MANAGED,
  'beta.webhooks.*': HERE,
};

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

coverageSuite({
  page: 'anthropic',
  client: 'Anthropic, @anthropic-ai/sdk 1',
  types: TYPES,
  answers: [
    {
      title: 'Message',
      type: 'Message',
      ask: (answer) => clientOf(json(answer)).messages.create(asked),
      leftOut: { ...OF_USAGE, ...OF_CONTENT },
      marks: { skip },
    },
    {
      title: 'Message, streamed',
      type: 'Stream',
      ask: (answer) =>
        clientOf(sse(eventsOf(answer)))
          .messages.create({ ...asked, stream: true })
          .then(drain),
      leftOut: OF_STREAM,
      marks: { skip },
    },
    {
      title: 'Beta message',
      type: 'BetaMessage',
      ask: (answer) => clientOf(json(answer)).beta.messages.create(asked),
      leftOut: {
        ...OF_USAGE,
        ...OF_CONTENT,
        'stop_details.fallback_credit_token': 'masked as a secret',
        'usage.cache_creation_input_tokens': INTO,
        'usage.cache_read_input_tokens': INTO,
        'usage.input_tokens': INTO,
        'usage.output_tokens': OUT,
      },
      marks: { skip },
    },
    {
      title: 'Beta message, streamed',
      type: 'BetaStream',
      ask: (answer) =>
        clientOf(sse(eventsOf(answer)))
          .beta.messages.create({ ...asked, stream: true })
          .then(drain),
      leftOut: {
        ...OF_STREAM,
        'start.usage.iterations*': LATER,
        'start.usage.fallback_credit*': LATER,
        'end.usage.cache_creation_input_tokens': INTO,
        'end.usage.cache_read_input_tokens': INTO,
        'end.usage.input_tokens': INTO,
        'end.usage.output_tokens': OUT,
        'end.delta.stop_details.fallback_credit_token': 'masked as a secret',
        'deltas[thinking_delta].estimated_tokens': 'an estimate',
      },
      marks: { skip },
    },
    {
      title: 'Error',
      type: 'ErrorResponse',
      ask: (answer) => clientOf(json(answer, 400)).messages.create(asked),
      leftOut: { request_id: 'told by a header, which is kept' },
    },
  ],
  methods: {
    type: 'Client',
    given: GIVEN,
    skip: (name) => PLUMBING.test(name),
    make: (send) =>
      clientOf(async (input, init) => {
        const url = input instanceof Request ? input.url : String(input);
        send({ method: init?.method?.toUpperCase() ?? 'GET', url });
        return new Response('{}', { headers: { 'content-type': 'application/json' } });
      }),
    unrecorded: UNRECORDED,
  },
});
