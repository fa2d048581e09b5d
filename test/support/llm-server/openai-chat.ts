/** `POST /chat/completions`. The answer is made of the last message. */

import { contentText, type Exchange, sendEvents, sendJson, tokensIn, words } from './exchange.ts';

interface Message {
  readonly role: string;
  readonly content?: unknown;
}

/** @param manner of OpenAI, or of Mistral: which tells tokens unasked, in the last chunk, and calls of tools whole */
export async function chatCompletions(
  exchange: Exchange,
  manner: 'openai' | 'mistral' = 'openai',
): Promise<void> {
  const { params, res, path } = exchange;
  const model = String(params.model ?? /deployments\/([^/]+)/.exec(path)?.[1]);
  const said = answerTo(params);
  const head = {
    id: 'chatcmpl-1',
    created: 1_700_000_000,
    model: `${model}-2026`,
    service_tier: 'default',
  };
  if (params.stream !== true) {
    const isSound = (params.modalities as readonly string[] | undefined)?.includes('audio');
    const message = {
      role: 'assistant',
      content: isSound ? null : said.content,
      ...(isSound && { audio: soundOf(said.content ?? '') }),
      refusal: null,
      ...(said.tools.length > 0 && { tool_calls: said.tools }),
    };
    const count = Number(params.n ?? 1);
    sendJson(res, {
      ...head,
      object: 'chat.completion',
      choices: Array.from({ length: count }, (_, index) => ({
        index,
        message,
        logprobs: null,
        finish_reason: said.finishReason,
      })),
      usage: isSound ? inSound(said.usage) : said.usage,
    });
    return;
  }
  const wantsUsage =
    manner === 'openai' &&
    (params.stream_options as { include_usage?: boolean } | undefined)?.include_usage === true;
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    ...(wantsUsage && { usage: null }),
  });
  const chunks: object[] = [chunk({ role: 'assistant', content: '' })];
  for (const word of words(said.content ?? '')) chunks.push(chunk({ content: word }));
  for (const [index, tool] of said.tools.entries()) {
    const { arguments: args, name } = tool.function;
    if (manner === 'mistral') {
      chunks.push(chunk({ tool_calls: [{ index, ...tool }] }));
      continue;
    }
    chunks.push(
      chunk({
        tool_calls: [{ index, id: tool.id, type: 'function', function: { name, arguments: '' } }],
      }),
      chunk({ tool_calls: [{ index, function: { arguments: args.slice(0, 5) } }] }),
      chunk({ tool_calls: [{ index, function: { arguments: args.slice(5) } }] }),
    );
  }
  if (exchange.scenario === 'error-event') {
    chunks.push({ error: { message: 'overloaded in mid-stream', type: 'server_error' } });
  }
  const last = chunk({}, said.finishReason);
  chunks.push(manner === 'mistral' ? { ...last, usage: said.usage } : last);
  if (wantsUsage)
    chunks.push({ ...head, object: 'chat.completion.chunk', choices: [], usage: said.usage });
  await sendEvents(exchange, chunks, { last: '[DONE]' });
}

function soundOf(transcript: string): object {
  const data = Buffer.alloc(2400, 7).toString('base64');
  return { id: 'audio_1', data, expires_at: 1_700_000_000, transcript };
}

/** Most of the answer is heard. */
function inSound(usage: { completion_tokens: number }): object {
  const { completion_tokens } = usage;
  const details = { reasoning_tokens: 1, audio_tokens: completion_tokens - 1 };
  return {
    ...usage,
    prompt_tokens_details: { cached_tokens: 2, audio_tokens: 1 },
    completion_tokens_details: details,
  };
}

function answerTo(params: Exchange['params']) {
  const messages = (params.messages ?? []) as readonly Message[];
  const question = contentText(messages.at(-1)?.content);
  const isAfterTools = messages.some(({ role }) => role === 'tool');
  const calls = params.tools !== undefined && !isAfterTools;
  const tools = calls
    ? ['Oslo', 'Roma'].map((city, i) => ({
        id: `call_${i}`,
        type: 'function',
        function: { name: 'weather', arguments: JSON.stringify({ city }) },
      }))
    : [];
  const long = /^(\d+) words$/.exec(question)?.[1];
  const isJson = params.response_format !== undefined;
  const content = calls
    ? null
    : isJson
      ? JSON.stringify({ answer: question })
      : long !== undefined
        ? Array.from({ length: Number(long) }, (_, i) => `w${i}`).join(' ')
        : `You said: ${question} — ça va?`;
  const prompt = messages.reduce((sum, { content: each }) => sum + tokensIn(contentText(each)), 3);
  const completion = tokensIn(content ?? '') + tools.length * 7;
  return {
    content,
    tools,
    finishReason: calls ? 'tool_calls' : 'stop',
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: { cached_tokens: 2, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 1, audio_tokens: 0 },
    },
  };
}
