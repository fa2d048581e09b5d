/** Ollama's `POST /api/chat`: a stream of JSON lines, unless it is asked for one answer. */

import { type Exchange, sendJson, words } from './exchange.ts';

export function ollamaChat({ params, res }: Exchange): void {
  const { model } = params;
  const messages = params.messages as { content: string }[];
  const said = `You said: ${messages.at(-1)?.content}`;
  const last = { model, done: true, done_reason: 'stop', prompt_eval_count: 5, eval_count: 3 };
  if (params.stream === false) {
    sendJson(res, { ...last, message: { role: 'assistant', content: said } });
    return;
  }
  res.writeHead(200, { 'content-type': 'application/x-ndjson' });
  for (const content of words(said)) {
    res.write(
      `${JSON.stringify({ model, done: false, message: { role: 'assistant', content } })}\n`,
    );
  }
  res.end(`${JSON.stringify({ ...last, message: { role: 'assistant', content: '' } })}\n`);
}
