/** An answer in the shapes of OpenAI's chat API. */

import { randomUUID } from 'node:crypto';
import { answerTo } from './answer.js';
import type { ChatRequest } from './chat-request.js';
import { countPromptTokens, tokenize } from './tokens.js';

/** What the model has to say to one request. */
export interface Completion {
  readonly id: string;
  /** UNIX seconds. */
  readonly created: number;
  readonly model: string;
  readonly text: string;
  readonly pieces: readonly string[];
  readonly finishReason: 'stop' | 'length';
  readonly usage: Usage;
}

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** Answers a request. */
export function complete({ model, messages, maxTokens }: ChatRequest): Completion {
  const { text, pieces, tokens, isCut } = tokenize(answerTo(messages), maxTokens);
  const promptTokens = countPromptTokens(messages);
  return {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model,
    text,
    pieces,
    finishReason: isCut ? 'length' : 'stop',
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: tokens,
      total_tokens: promptTokens + tokens,
    },
  };
}

/** The whole answer in one body. */
export function toBody({ id, created, model, text, finishReason, usage }: Completion) {
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
    usage,
  };
}

/** The answer as the chunks of a stream, a token each. The usage comes last, where asked for. */
export function* toChunks(completion: Completion, includeUsage: boolean) {
  const { id, created, model, pieces, finishReason, usage } = completion;
  const head = { id, object: 'chat.completion.chunk', created, model };
  const noUsageYet = includeUsage ? { usage: null } : {};
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    ...noUsageYet,
  });

  yield chunk({ role: 'assistant', content: '', refusal: null });
  for (const content of pieces) yield chunk({ content });
  yield chunk({}, finishReason);
  if (includeUsage) yield { ...head, choices: [], usage };
}
