/** What is recorded of the messages of Anthropic's agent SDK, whose types are installed for this alone. */

import { join } from 'node:path';
import { traceClaudeAgent } from '@openlayer-tracing/integrations/claude-agent-sdk';
import type { AnswerTable } from '../integrations/coverage/facts.ts';
import { coverageSuite } from '../integrations/coverage/suite.ts';
import { libraries } from './apps.ts';

type Json = Readonly<Record<string, unknown>>;

const said = {
  ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-6' },
  ...{ content: [{ type: 'text', text: 'hi' }], stop_reason: 'end_turn', usage: {} },
};
const assistant = { type: 'assistant', parent_tool_use_id: null, message: said };

/** A run that yields these messages. */
async function run(...messages: readonly Json[]): Promise<void> {
  const query = traceClaudeAgent((_asked: { prompt: string }) =>
    (async function* () {
      yield* messages;
    })(),
  );
  for await (const _ of query({ prompt: 'hi' }));
}

const marks = {
  set: {
    parent_tool_use_id: null,
    // Content of any kind: what becomes of it is told of Anthropic's own client.
    message: (content: string) => ({ role: 'user', content }),
    pasted_content: (text: string) => [{ type: 'text', text }],
  },
};
const start = { type: 'stream_event', event: { type: 'message_start', message: said } };

const PLACE = 'which message it is, which nothing else refers to';
const WHEN = 'times are those of the steps';
const NAMED = 'what only Anthropic can read is named by its size';
const AGAIN = 'comes again and again, and says nothing of the work';
const WHOLE = 'told again by the whole message';
const CALLS = 'counts the main loop alone: `modelUsage` and the calls below count all';
const COUNTED = 'told by promptTokens, completionTokens and usageDetails';
const MASKED = 'it is named like a secret, and masked';
const SENT = 'how it was sent';
const NOTHING = { uuid: PLACE };

const OF_ANSWER = {
  'message.content[thinking].signature': NAMED,
  'message.content[redacted_thinking].data': NAMED,
  'message.stop_details.fallback_credit_token': MASKED,
  'message.usage.cache_creation.*': COUNTED,
  'message.usage.cache_creation_input_tokens': COUNTED,
  'message.usage.cache_read_input_tokens': COUNTED,
  'message.usage.input_tokens': COUNTED,
  'message.usage.output_tokens': COUNTED,
};
const OF_TOLD = { priority: SENT, shouldQuery: SENT, timestamp: WHEN };
const RESULT = 'the content of the message says what the model was told of it';
const OF_RESULT = {
  ...NOTHING,
  is_error: 'the error of the step tells it',
  'usage.*': CALLS,
  credential_expires_at: MASKED,
};
const left = (leftOut: Readonly<Record<string, string>>) => ({
  leftOut: { ...NOTHING, ...leftOut },
});
const silent = (...fields: readonly string[]) =>
  left(Object.fromEntries(fields.map((field) => [field, AGAIN])));

/** What the whole message says once more. */
const STREAMED = [
  ...['event[message_start].message.usage.*', 'event[message_delta].usage.*'],
  ...['event[message_start].message.stop_reason', 'event[message_start].message.stop_sequence'],
  ...['user_message_uuid', 'user_message_uuids*', 'resume_reason'],
];

const MESSAGES: Readonly<Record<string, Partial<AnswerTable>>> = {
  SDKAssistantMessage: left({
    ...OF_ANSWER,
    parent_tool_use_id: 'the step stands below it',
    timestamp: WHEN,
  }),
  SDKUserMessage: {
    ...{ isAsked: true, marks },
    ask: (message: Json) => run(message, assistant),
    ...left({ ...OF_TOLD, tool_use_result: RESULT }),
  },
  SDKUserMessageReplay: {
    isAsked: true,
    marks,
    ...left(
      Object.fromEntries(
        [
          ...['message', 'isSynthetic', 'tool_use_result', 'priority', 'shouldQuery', 'timestamp'],
          ...['file_attachments*', 'origin*'],
        ].map((field) => [field, 'repeats what an earlier run was told']),
      ),
    ),
  },
  SDKResultSuccess: { leftOut: OF_RESULT },
  SDKResultError: { leftOut: OF_RESULT },
  SDKSystemMessage: left({ apiKeySource: MASKED, cwd: 'a path of the machine' }),
  SDKPartialAssistantMessage: {
    marks: { set: { parent_tool_use_id: null } },
    ask: (message: Json) => run(start, message),
    ...left(
      Object.fromEntries([
        ...STREAMED.map((field) => [field, WHOLE]),
        ...['event[content_block_start].index', 'event[content_block_stop].index'].map((field) => [
          field,
          'a place in the stream',
        ]),
        ['event[content_block_delta].index', 'a place in the stream'],
        ['*[signature_delta].signature', NAMED],
        ['*[thinking].signature', NAMED],
        ['*[redacted_thinking].data', NAMED],
        ['*stop_details.fallback_credit_token', MASKED],
      ]),
    ),
  },
  SDKCompactBoundaryMessage: {},
  SDKStatusMessage: {},
  SDKAPIRetryMessage: {},
  SDKControlRequestProgressMessage: {},
  SDKModelRefusalFallbackMessage: {},
  SDKModelRefusalNoFallbackMessage: {},
  SDKLocalCommandOutputMessage: {},
  SDKHookStartedMessage: silent('hook_id', 'hook_name', 'hook_event'),
  SDKHookProgressMessage: silent(
    'hook_id',
    'hook_name',
    'hook_event',
    'stdout',
    'stderr',
    'output',
  ),
  SDKHookResponseMessage: {},
  SDKPluginInstallMessage: {},
  SDKToolProgressMessage: {},
  SDKAuthStatusMessage: {},
  SDKTaskNotificationMessage: {},
  SDKTaskStartedMessage: {},
  SDKTaskUpdatedMessage: {},
  SDKTaskProgressMessage: silent(
    ...['task_id', 'run_id', 'tool_use_id', 'description', 'subagent_type', 'usage.*'],
    ...['last_tool_name', 'summary'],
  ),
  SDKBackgroundTasksChangedMessage: silent('tasks*'),
  SDKThinkingTokensMessage: silent(
    'estimated_tokens',
    'estimated_tokens_delta',
    'user_message_uuid',
  ),
  SDKSessionStateChangedMessage: silent('state'),
  SDKWorkerShuttingDownMessage: {},
  SDKCommandsChangedMessage: silent('commands*'),
  SDKNotificationMessage: {},
  SDKFilesPersistedEvent: {},
  SDKToolUseSummaryMessage: {},
  SDKMemoryRecallMessage: {},
  SDKRateLimitEvent: {},
  SDKElicitationCompleteMessage: {},
  SDKPermissionDeniedMessage: {},
  SDKPromptSuggestionMessage: {},
  SDKMirrorErrorMessage: {},
  SDKInformationalMessage: {},
  SDKConversationResetMessage: {},
  SDKSessionWritesLostMessage: {},
};

coverageSuite({
  page: 'claude-agent-sdk',
  client: '@anthropic-ai/claude-agent-sdk 0.3',
  types: async () => {
    const folder = join(await libraries('claude-agent-sdk'), 'node_modules');
    const sdk = `import('${join(folder, '@anthropic-ai/claude-agent-sdk/sdk.js')}')`;
    const names = Object.keys(MESSAGES);
    const known = names.map((name) => `${sdk}.${name}`).join(' | ');
    return {
      ...Object.fromEntries(names.map((name) => [name, `${sdk}.${name}`])),
      Others: `Exclude<${sdk}.SDKMessage, ${known}>`,
    };
  },
  answers: [
    ...Object.entries(MESSAGES).map(([name, table]) => ({
      title: name,
      type: name,
      ask: (message: Json) => run(message),
      ...left({}),
      ...table,
    })),
    { title: 'messages of other kinds', type: 'Others', ask: async () => {}, leftOut: {} },
  ],
});
