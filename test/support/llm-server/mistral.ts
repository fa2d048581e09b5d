/** What Mistral does otherwise than OpenAI: thoughts among the content, and code in the middle. */

import { type Exchange, sendEvents, sendJson } from './exchange.ts';
import { chatCompletions } from './openai-chat.ts';

const usage = { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 };
const head = { id: 'mis-1', created: 1_700_000_000 };

export async function mistralChat(exchange: Exchange): Promise<void> {
  const { params, res } = exchange;
  if (params.reasoning_effort === undefined) {
    const model = params.model ?? 'model-of-an-agent';
    await chatCompletions({ ...exchange, params: { ...params, model } }, 'mistral');
    return;
  }
  const parts = [
    { type: 'thinking', thinking: [{ type: 'text', text: 'Let me see.' }] },
    { type: 'text', text: 'It is ' },
    { type: 'text', text: 'so.' },
  ];
  const told = { ...head, model: params.model };
  if (params.stream !== true) {
    const message = { role: 'assistant', content: parts };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    sendJson(res, { ...told, object: 'chat.completion', choices, usage });
    return;
  }
  const chunk = (content: unknown, finish_reason: string | null = null) => ({
    ...told,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: { content }, finish_reason }],
    ...(finish_reason !== null && { usage }),
  });
  const chunks = [...parts.map((part) => chunk([part])), chunk('', 'stop')];
  await sendEvents(exchange, chunks, { last: '[DONE]' });
}

export function fimCompletions({ params, res }: Exchange): void {
  const message = { role: 'assistant', content: `middle of ${params.prompt}` };
  sendJson(res, {
    ...head,
    object: 'chat.completion',
    model: params.model,
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  });
}
