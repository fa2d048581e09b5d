/** OpenRouter's chats and responses, which are OpenAI's but for what its client insists on. */

import { contentText, type Exchange, sendJson, tokensIn } from './exchange.ts';
import { chatCompletions } from './openai-chat.ts';
import { responseTo } from './openai-responses.ts';

export async function openRouterChat(exchange: Exchange): Promise<void> {
  const { params, res } = exchange;
  if (params.stream === true) {
    await chatCompletions(exchange);
    return;
  }
  const messages = params.messages as { readonly content: unknown }[];
  const question = contentText(messages.at(-1)?.content);
  const content = `You said: ${question} — ça va?`;
  const [prompt_tokens, completion_tokens] = [tokensIn(question), tokensIn(content)];
  sendJson(res, {
    id: 'gen-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: `${String(params.model)}-2026`,
    system_fingerprint: null,
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
    usage: {
      prompt_tokens,
      completion_tokens,
      total_tokens: prompt_tokens + completion_tokens,
      cost: 0.000_12,
    },
  });
}

export function openRouterResponse({ params, res }: Exchange): void {
  const rest = {
    completed_at: 1_700_000_001,
    frequency_penalty: 0,
    presence_penalty: 0,
    metadata: {},
  };
  sendJson(res, { ...responseTo(params), ...rest });
}
