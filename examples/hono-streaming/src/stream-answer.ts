import type { RequestTrace } from '@openlayer-tracing/hono';
import type OpenAI from 'openai';
import type { ChatModel } from './app.js';

const PARAMETERS = { max_completion_tokens: 1000 };

/** The answer as it comes; a chat completion step of the trace. It stops early when the client leaves. */
export function streamAnswer(
  trace: RequestTrace,
  { openai, provider, model }: ChatModel,
  messages: OpenAI.ChatCompletionMessageParam[],
): AsyncIterable<string> {
  return trace.step(
    {
      name: 'chat',
      type: 'chat_completion',
      inputs: { prompt: messages },
      provider,
      model,
      modelParameters: PARAMETERS,
    },
    async function* (step) {
      const chunks = await openai.chat.completions.create(
        {
          model,
          messages,
          ...PARAMETERS,
          stream: true,
          stream_options: { include_usage: true },
        },
        { signal: trace.signal },
      );
      for await (const { model: answering, choices, usage } of chunks) {
        step.update({
          model: answering,
          promptTokens: usage?.prompt_tokens,
          completionTokens: usage?.completion_tokens,
          tokens: usage?.total_tokens,
        });
        const text = choices[0]?.delta.content;
        if (text) yield text;
      }
    },
  );
}
