/** `POST /responses`. */

import { contentText, type Exchange, sendEvents, sendJson, tokensIn, words } from './exchange.ts';

export async function responses(exchange: Exchange): Promise<void> {
  const { params, res } = exchange;
  const done = responseTo(params);
  if (params.stream !== true) {
    sendJson(res, done);
    return;
  }
  const begun = { ...done, status: 'in_progress', output: [], usage: null };
  let sequence_number = 0;
  const event = (type: string, facts: object) => ({
    type,
    sequence_number: sequence_number++,
    ...facts,
  });
  const events: object[] = [
    event('response.created', { response: begun }),
    event('response.in_progress', { response: begun }),
  ];
  for (const [output_index, item] of done.output.entries()) {
    const at = { output_index, item_id: item.id };
    if (item.type === 'function_call') {
      events.push(
        event('response.output_item.added', { output_index, item: { ...item, arguments: '' } }),
        event('response.function_call_arguments.delta', { ...at, delta: item.arguments }),
        event('response.function_call_arguments.done', { ...at, arguments: item.arguments }),
        event('response.output_item.done', { output_index, item }),
      );
      continue;
    }
    const part = item.content[0] as { text: string };
    const place = { ...at, content_index: 0 };
    events.push(
      event('response.output_item.added', { output_index, item: { ...item, content: [] } }),
      event('response.content_part.added', { ...place, part: { ...part, text: '' } }),
      ...words(part.text).map((delta) =>
        event('response.output_text.delta', { ...place, delta, logprobs: [] }),
      ),
      event('response.output_text.done', { ...place, text: part.text, logprobs: [] }),
      event('response.content_part.done', { ...place, part }),
      event('response.output_item.done', { output_index, item }),
    );
  }
  events.push(event('response.completed', { response: done }));
  await sendEvents(exchange, events, { named: true });
}

interface MessageItem {
  readonly type: 'message';
  readonly id: string;
  readonly role: 'assistant';
  readonly status: string;
  readonly content: readonly object[];
}

interface CallItem {
  readonly type: 'function_call';
  readonly id: string;
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
  readonly status: string;
}

export function responseTo(params: Exchange['params']) {
  const input =
    typeof params.input === 'string'
      ? params.input
      : contentText((params.input as { content?: unknown }[] | undefined)?.at(-1)?.content);
  const isJson = (params.text as { format?: object } | undefined)?.format !== undefined;
  const text = isJson ? JSON.stringify({ answer: input }) : `You said: ${input} — ça va?`;
  const output: (MessageItem | CallItem)[] =
    // None are none, told or not.
    !(params.tools as readonly unknown[] | undefined)?.length
      ? [
          {
            type: 'message',
            id: 'msg_1',
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
          },
        ]
      : [
          {
            type: 'function_call',
            id: 'fc_1',
            call_id: 'call_1',
            name: 'weather',
            arguments: '{"city":"Oslo"}',
            status: 'completed',
          },
        ];
  const input_tokens = tokensIn(input) + 3;
  const output_tokens = tokensIn(text);
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_700_000_000,
    status: 'completed',
    error: null,
    incomplete_details: null,
    instructions: params.instructions ?? null,
    model: `${params.model}-2026`,
    output,
    parallel_tool_calls: true,
    temperature: params.temperature ?? 1,
    tool_choice: 'auto',
    tools: params.tools ?? [],
    top_p: 1,
    text: params.text ?? { format: { type: 'text' } },
    usage: {
      input_tokens,
      input_tokens_details: { cached_tokens: 2 },
      output_tokens,
      output_tokens_details: { reasoning_tokens: 1 },
      total_tokens: input_tokens + output_tokens,
    },
  };
}
