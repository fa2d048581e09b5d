/** An answer in the shapes of OpenAI's chat API. */

import { randomUUID } from 'node:crypto';
import { answerTo } from './answer.js';
import type { ChatRequest } from './chat-request.js';
import { countPromptTokens, tokenize } from './tokens.js';
import { type ToolCall, toolCallFor } from './tools.js';

/** The model's answer to one request. */
export interface Completion {
  readonly id: string;
  /** UNIX seconds. */
  readonly created: number;
  readonly model: string;
  readonly text: string;
  /** The text, token by token. */
  readonly pieces: readonly string[];
  readonly finishReason: 'stop' | 'length' | 'tool_calls';
  /** A tool call, instead of a text. */
  readonly call: (ToolCall & { readonly id: string }) | undefined;
  readonly usage: Usage;
}

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** Answers a request. */
export function complete(request: ChatRequest): Completion {
  const { model, messages, maxTokens, tools } = request;
  const call = toolCallFor(request);
  const answer = call === undefined ? answerTo(messages) : '';
  const { text, pieces, isCut, tokens: textTokens } = tokenize(answer, maxTokens);
  const tokens = call === undefined ? textTokens : tokenize(JSON.stringify(call)).tokens;
  const promptTokens = countPromptTokens(messages, tools);
  return {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model,
    text,
    pieces,
    finishReason: call !== undefined ? 'tool_calls' : isCut ? 'length' : 'stop',
    call: call && { id: `call_${randomUUID()}`, ...call },
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: tokens,
      total_tokens: promptTokens + tokens,
    },
  };
}

/** The whole answer in one body. */
export function toBody(completion: Completion) {
  const { id, created, model, text, finishReason, call, usage } = completion;
  const message =
    call === undefined ? { content: text } : { content: null, tool_calls: [toCall(call)] };
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', ...message, refusal: null },
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
    usage,
  };
}

function toCall({ id, name, arguments: json }: NonNullable<Completion['call']>) {
  return { id, type: 'function', function: { name, arguments: json } };
}

/** The answer as the chunks of a stream, one token each. With `includeUsage` the last chunk has the usage. */
export function* toChunks(completion: Completion, includeUsage: boolean) {
  const { id, created, model, pieces, finishReason, call, usage } = completion;
  const head = { id, object: 'chat.completion.chunk', created, model };
  const noUsageYet = includeUsage ? { usage: null } : {};
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    ...noUsageYet,
  });

  yield chunk({ role: 'assistant', content: call === undefined ? '' : null, refusal: null });
  if (call !== undefined) yield chunk({ tool_calls: [{ index: 0, ...toCall(call) }] });
  for (const content of pieces) yield chunk({ content });
  yield chunk({}, finishReason);
  if (includeUsage) yield { ...head, choices: [], usage };
}
