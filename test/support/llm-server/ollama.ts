/** Ollama's own API: streams of JSON lines, unless it is asked for one answer. */

import { type Exchange, sendJson, sendLines, words } from './exchange.ts';

export async function ollamaChat(exchange: Exchange): Promise<void> {
  const { params, res } = exchange;
  const { model } = params;
  const messages = params.messages as { content: string }[];
  const role = 'assistant';
  const said = answerTo(messages.at(-1)?.content ?? '');
  const calls = (params.tools as object[] | undefined)?.map((_, i) => ({
    function: { name: 'weather', arguments: { city: ['Oslo', 'Roma'][i] } },
  }));
  const thinking = params.think === true ? 'Let me see.' : undefined;
  const last = { model, done: true, done_reason: 'stop', prompt_eval_count: 5, eval_count: 3 };
  if (params.stream === false) {
    const message = calls ? { role, content: '', tool_calls: calls } : { role, content: said };
    sendJson(res, { ...last, message: { ...message, thinking } });
    return;
  }
  const piece = (message: object) => ({ model, done: false, message: { role, ...message } });
  await sendLines(exchange, [
    ...(thinking === undefined ? [] : [piece({ content: '', thinking })]),
    ...(calls
      ? calls.map((call) => piece({ content: '', tool_calls: [call] }))
      : words(said).map((content) => piece({ content }))),
    ...(exchange.scenario === 'error-event' ? [{ error: 'out of memory' }] : []),
    { ...last, message: { role, content: '' } },
  ]);
}

export async function ollamaGenerate(exchange: Exchange): Promise<void> {
  const { params, res } = exchange;
  const { model } = params;
  const said = answerTo(String(params.prompt));
  const last = { model, done: true, done_reason: 'stop', prompt_eval_count: 4, eval_count: 2 };
  if (params.stream === false) sendJson(res, { ...last, response: said });
  else {
    const pieces = words(said).map((response) => ({ model, done: false, response }));
    await sendLines(exchange, [...pieces, { ...last, response: '' }]);
  }
}

export function ollamaEmbed({ params, res }: Exchange): void {
  const inputs = Array.isArray(params.input) ? params.input : [params.input];
  const embeddings = inputs.map((_, i) => [i, 0.5, 0.25]);
  sendJson(res, { model: params.model, embeddings, prompt_eval_count: 2 * inputs.length });
}

function answerTo(question: string): string {
  const long = /^(\d+) words$/.exec(question)?.[1];
  return long === undefined
    ? `You said: ${question}`
    : Array.from({ length: Number(long) }, (_, i) => `w${i}`).join(' ');
}
