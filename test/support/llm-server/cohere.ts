/** Cohere's chats, embeddings and rankings. */

import { contentText, type Exchange, sendEvents, sendJson, tokensIn, words } from './exchange.ts';

const meta = { billed_units: { input_tokens: 3, output_tokens: 4 } };

export async function cohereChat(exchange: Exchange): Promise<void> {
  const { params, res, scenario } = exchange;
  const messages = params.messages as { role: string; content?: unknown }[];
  const question = contentText(messages.at(-1)?.content);
  const long = /^(\d+) words$/.exec(question)?.[1];
  const said = long
    ? Array.from({ length: Number(long) }, (_, i) => `w${i}`).join(' ')
    : `You said: ${question} — ça va?`;
  const calls = params.tools === undefined ? [] : ['Oslo', 'Roma'].map(toolCall);
  const usage = {
    billed_units: { input_tokens: tokensIn(question), output_tokens: tokensIn(said) },
    tokens: { input_tokens: tokensIn(question) + 70, output_tokens: tokensIn(said) },
    cached_tokens: 1,
  };
  const finish_reason = calls.length > 0 ? 'TOOL_CALL' : 'COMPLETE';
  const tool_plan = 'I ask for the weather.';
  const role = 'assistant';
  if (params.stream !== true) {
    const message =
      calls.length > 0
        ? { role, tool_plan, tool_calls: calls }
        : { role, content: [{ type: 'text', text: said }] };
    sendJson(res, { id: 'co_1', finish_reason, message, usage });
    return;
  }
  const at = (type: string, index: number, message: object) => ({
    type,
    index,
    delta: { message },
  });
  const answer =
    calls.length > 0
      ? [
          { type: 'tool-plan-delta', delta: { message: { tool_plan } } },
          ...calls.flatMap((call, i) => [
            at('tool-call-start', i, {
              tool_calls: { ...call, function: { name: 'weather', arguments: '' } },
            }),
            at('tool-call-delta', i, {
              tool_calls: { function: { arguments: call.function.arguments.slice(0, 4) } },
            }),
            at('tool-call-delta', i, {
              tool_calls: { function: { arguments: call.function.arguments.slice(4) } },
            }),
            { type: 'tool-call-end', index: i },
          ]),
        ]
      : [
          at('content-start', 0, { content: { type: 'text', text: '' } }),
          ...words(said).map((text) => at('content-delta', 0, { content: { text } })),
          { type: 'content-end', index: 0 },
        ];
  const error = scenario === 'error-event' ? { error: 'the model gave up' } : {};
  await sendEvents(
    exchange,
    [
      { type: 'message-start', id: 'co_1', delta: { message: { role } } },
      ...answer,
      { type: 'message-end', delta: { finish_reason, usage, ...error } },
    ],
    { named: true, last: '[DONE]' },
  );
}

function toolCall(city: string, i: number) {
  const args = JSON.stringify({ city });
  return { id: `call_${i}`, type: 'function', function: { name: 'weather', arguments: args } };
}

/** Its streams are JSON lines. */
export function cohereChatV1({ params, res }: Exchange): void {
  const text = `You said: ${params.message}`;
  const ids = { response_id: 'co_1', generation_id: 'gen_1' };
  const response = { ...ids, text, finish_reason: 'COMPLETE', meta };
  if (params.stream !== true) {
    sendJson(res, response);
    return;
  }
  res.writeHead(200, { 'content-type': 'application/stream+json' });
  const events = [
    { event_type: 'stream-start', generation_id: 'gen_1', is_finished: false },
    ...words(text).map((each) => ({
      event_type: 'text-generation',
      text: each,
      is_finished: false,
    })),
    { event_type: 'stream-end', finish_reason: 'COMPLETE', response, is_finished: true },
  ];
  res.end(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

export function cohereEmbed({ params, res }: Exchange): void {
  const texts = params.texts as string[];
  sendJson(res, {
    id: 'emb_1',
    response_type: 'embeddings_by_type',
    texts,
    embeddings: { float: texts.map((_, i) => [i, 0.5, 0.25, 1]) },
    meta: { billed_units: { input_tokens: texts.reduce((sum, each) => sum + tokensIn(each), 0) } },
  });
}

export function cohereRerank({ params, res }: Exchange): void {
  const documents = params.documents as string[];
  sendJson(res, {
    id: 'rank_1',
    results: documents.map((_, index) => ({ index, relevance_score: 1 / (index + 1) })),
    meta: { billed_units: { search_units: 1 } },
  });
}
