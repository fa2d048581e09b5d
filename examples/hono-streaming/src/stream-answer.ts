import type OpenAI from 'openai';
import type { ChatModel } from './app.js';

const PARAMETERS = { max_completion_tokens: 1000 };

/** The answer as it comes. The client is traced: that makes it a step. It stops early when the client leaves. */
export async function* streamAnswer(
  { openai, model }: ChatModel,
  messages: OpenAI.ChatCompletionMessageParam[],
  signal: AbortSignal,
): AsyncIterable<string> {
  const chunks = await openai.chat.completions.create(
    { model, messages, ...PARAMETERS, stream: true },
    { signal },
  );
  for await (const { choices } of chunks) {
    const text = choices[0]?.delta.content;
    if (text) yield text;
  }
}
