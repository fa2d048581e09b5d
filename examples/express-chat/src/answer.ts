/** Asks the model. The client is traced: each call is a step of the request's trace by itself. */

import type OpenAI from 'openai';
import type { ChatModel } from './chat-model.js';

type Messages = OpenAI.ChatCompletionMessageParam[];

const PARAMETERS = { max_completion_tokens: 1000 };

/** The whole answer. It is given up when the client leaves. */
export async function answer(
  chat: ChatModel,
  messages: Messages,
  signal: AbortSignal,
): Promise<string> {
  const completion = await chat.openai.chat.completions.create(
    { model: chat.model, messages, ...PARAMETERS },
    { signal },
  );
  return completion.choices[0]?.message.content ?? '';
}

/** The answer as it comes, chunk by chunk. It stops early when the client leaves. */
export async function streamAnswer(
  chat: ChatModel,
  messages: Messages,
  signal: AbortSignal,
  onChunk: (chunk: OpenAI.ChatCompletionChunk) => void,
): Promise<void> {
  const chunks = await chat.openai.chat.completions.create(
    { model: chat.model, messages, ...PARAMETERS, stream: true },
    { signal },
  );
  for await (const chunk of chunks) onChunk(chunk);
}
