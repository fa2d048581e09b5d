/** Asks the model. */

import type OpenAI from 'openai';

/** A traced client, and the model that it asks. */
export interface ChatModel {
  readonly openai: OpenAI;
  readonly model: string;
}

type Messages = OpenAI.ChatCompletionMessageParam[];

const PARAMETERS = { max_completion_tokens: 1000 };

/** Returns the whole answer. `signal` stops the model. */
export async function answer(
  { openai, model }: ChatModel,
  messages: Messages,
  signal: AbortSignal,
): Promise<string> {
  const completion = await openai.chat.completions.create(
    { model, messages, ...PARAMETERS },
    { signal },
  );
  return completion.choices[0]?.message.content ?? '';
}

/** Passes on the answer chunk by chunk. `signal` stops the model. */
export async function streamAnswer(
  { openai, model }: ChatModel,
  messages: Messages,
  signal: AbortSignal,
  onChunk: (chunk: OpenAI.ChatCompletionChunk) => void,
): Promise<void> {
  const chunks = await openai.chat.completions.create(
    { model, messages, ...PARAMETERS, stream: true },
    { signal },
  );
  for await (const chunk of chunks) onChunk(chunk);
}
