/** Asks the model; each call is a chat completion step of the request's trace. */

import type { RequestTrace } from '@openlayer-tracing/express';
import type OpenAI from 'openai';
import type { ChatModel } from './chat-model.js';

type Messages = OpenAI.ChatCompletionMessageParam[];

const PARAMETERS = { max_completion_tokens: 1000 };

/** The whole answer. */
export function answer(trace: RequestTrace, chat: ChatModel, messages: Messages): Promise<string> {
  return trace.step(stepFor(chat, messages), async (step) => {
    const completion = await chat.openai.chat.completions.create(
      { model: chat.model, messages, ...PARAMETERS },
      { signal: trace.signal },
    );
    step.update({ model: completion.model, ...tokensOf(completion.usage) });
    return completion.choices[0]?.message.content ?? '';
  });
}

/** The answer as it comes, chunk by chunk. It stops early when the client leaves. */
export function streamAnswer(
  trace: RequestTrace,
  chat: ChatModel,
  messages: Messages,
  onChunk: (chunk: OpenAI.ChatCompletionChunk) => void,
): Promise<string> {
  return trace.step(stepFor(chat, messages), async (step) => {
    const chunks = await chat.openai.chat.completions.create(
      {
        model: chat.model,
        messages,
        ...PARAMETERS,
        stream: true,
        stream_options: { include_usage: true },
      },
      { signal: trace.signal },
    );
    let text = '';
    for await (const chunk of chunks) {
      text += chunk.choices[0]?.delta.content ?? '';
      step.update({ model: chunk.model, output: text, ...tokensOf(chunk.usage) });
      onChunk(chunk);
    }
    return text;
  });
}

function stepFor({ provider, model }: ChatModel, messages: Messages) {
  return {
    name: 'chat',
    type: 'chat_completion',
    inputs: { prompt: messages },
    provider,
    model,
    modelParameters: PARAMETERS,
  } as const;
}

function tokensOf(usage: OpenAI.CompletionUsage | null | undefined) {
  return {
    promptTokens: usage?.prompt_tokens,
    completionTokens: usage?.completion_tokens,
    tokens: usage?.total_tokens,
  };
}
