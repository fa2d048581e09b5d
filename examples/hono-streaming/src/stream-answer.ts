import type OpenAI from 'openai';

const PARAMETERS = { max_completion_tokens: 1000 };

/** Yields the answer piece by piece. `signal` stops the model. */
export async function* streamAnswer(
  openai: OpenAI,
  model: string,
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
