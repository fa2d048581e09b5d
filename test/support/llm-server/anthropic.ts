/** Anthropic's `POST /v1/messages`. */

import { contentText, type Exchange, sendEvents, sendJson, tokensIn, words } from './exchange.ts';

type Block =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'tool_use';
      readonly id: string;
      readonly name: string;
      readonly input: object;
    };

export async function anthropicMessages(exchange: Exchange): Promise<void> {
  const { params, res } = exchange;
  const message = messageTo(params);
  if (params.stream !== true) {
    sendJson(res, message);
    return;
  }
  const { output_tokens, ...usage } = message.usage;
  const events: object[] = [
    {
      type: 'message_start',
      message: {
        ...message,
        content: [],
        stop_reason: null,
        usage: { ...usage, output_tokens: 1 },
      },
    },
  ];
  for (const [index, block] of message.content.entries()) {
    const begun = block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} };
    events.push({ type: 'content_block_start', index, content_block: begun });
    if (index === 0) events.push({ type: 'ping' });
    const deltas =
      block.type === 'text'
        ? words(block.text).map((text) => ({ type: 'text_delta', text }))
        : [
            { type: 'input_json_delta', partial_json: JSON.stringify(block.input).slice(0, 4) },
            { type: 'input_json_delta', partial_json: JSON.stringify(block.input).slice(4) },
          ];
    for (const delta of deltas) events.push({ type: 'content_block_delta', index, delta });
    events.push({ type: 'content_block_stop', index });
  }
  if (exchange.scenario === 'error-event') {
    events.push({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } });
  }
  events.push(
    {
      type: 'message_delta',
      delta: { stop_reason: message.stop_reason, stop_sequence: null },
      usage: { output_tokens },
    },
    { type: 'message_stop' },
  );
  await sendEvents(exchange, events, { named: true });
}

function messageTo(params: Exchange['params']) {
  const messages = (params.messages ?? []) as {
    readonly role: string;
    readonly content: unknown;
  }[];
  const last = messages.at(-1)?.content;
  const isAfterTools =
    Array.isArray(last) && last.some((part: { type?: string }) => part.type === 'tool_result');
  const question = contentText(last);
  const long = /^(\d+) words$/.exec(question)?.[1];
  const text =
    long === undefined
      ? `You said: ${isAfterTools ? 'thanks' : question} — ça va?`
      : Array.from({ length: Number(long) }, (_, i) => `w${i}`).join(' ');
  const content: Block[] =
    params.tools === undefined || isAfterTools
      ? [{ type: 'text', text }]
      : [
          { type: 'text', text: 'Let me look.' },
          { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Oslo' } },
          { type: 'tool_use', id: 'toolu_2', name: 'weather', input: { city: 'Roma' } },
        ];
  const calls = content.length > 1;
  return {
    id: 'msg_1',
    type: 'message' as const,
    role: 'assistant' as const,
    model: `${params.model}`,
    content,
    stop_reason: calls ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: {
      input_tokens: tokensIn(question) + 3,
      cache_creation_input_tokens: 5,
      cache_read_input_tokens: 11,
      output_tokens: tokensIn(text) + (calls ? 20 : 0),
    },
  };
}
