/** Amazon Bedrock's `Converse` and `InvokeModel`, whole and as frames of events. */

import { crc32 } from 'node:zlib';
import { type Exchange, pause, sendJson, tokensIn, words } from './exchange.ts';

interface Message {
  readonly role: string;
  readonly content: readonly { readonly text?: string; readonly toolResult?: object }[];
}

export function converse({ params, res }: Exchange): void {
  const { content, stopReason, usage } = answerTo(params);
  const message = { role: 'assistant', content };
  sendJson(res, { output: { message }, stopReason, usage, metrics: { latencyMs: 5 } });
}

export async function converseStream(exchange: Exchange): Promise<void> {
  const { content, stopReason, usage } = answerTo(exchange.params);
  const blocks = content.flatMap((part, contentBlockIndex): [string, object][] => {
    const delta = (piece: object): [string, object] => [
      'contentBlockDelta',
      { contentBlockIndex, delta: piece },
    ];
    const stop: [string, object] = ['contentBlockStop', { contentBlockIndex }];
    if ('text' in part) return [...words(part.text).map((text) => delta({ text })), stop];
    if ('reasoningContent' in part) {
      return [
        delta({ reasoningContent: { text: part.reasoningContent.reasoningText.text } }),
        stop,
      ];
    }
    const { input, ...start } = part.toolUse;
    const json = JSON.stringify(input);
    return [
      ['contentBlockStart', { contentBlockIndex, start: { toolUse: start } }],
      delta({ toolUse: { input: json.slice(0, 4) } }),
      delta({ toolUse: { input: json.slice(4) } }),
      stop,
    ];
  });
  const frames: Buffer[] = [
    ['messageStart', { role: 'assistant' }] as const,
    ...blocks,
    ['messageStop', { stopReason }] as const,
    ['metadata', { usage, metrics: { latencyMs: 5 } }] as const,
  ].map(([type, payload]) => eventFrame(type, payload));
  if (exchange.scenario === 'error-event') frames.splice(3, frames.length, exceptionFrame());
  await sendFrames(exchange, frames);
}

function answerTo(params: Exchange['params']) {
  const last = (params.messages as Message[]).at(-1)?.content ?? [];
  const question = last.find(({ text }) => text !== undefined)?.text ?? 'the results';
  const calls = params.toolConfig !== undefined && last.every((part) => !part.toolResult);
  const long = /^(\d+) words$/.exec(question)?.[1];
  const said = long
    ? Array.from({ length: Number(long) }, (_, i) => `w${i}`).join(' ')
    : `You said: ${question} — ça va?`;
  const tools = ['Oslo', 'Roma'].map((city, i) => ({
    toolUse: { toolUseId: `tool_${i}`, name: 'weather', input: { city } },
  }));
  const isThinking = params.additionalModelRequestFields !== undefined;
  const thoughts = { reasoningContent: { reasoningText: { text: 'Let me see.' } } };
  const inputTokens = tokensIn(question);
  const outputTokens = tokensIn(said);
  return {
    content: [...(isThinking ? [thoughts] : []), { text: said }, ...(calls ? tools : [])],
    stopReason: calls ? 'tool_use' : 'end_turn',
    usage: {
      inputTokens,
      outputTokens,
      totalTokens: inputTokens + outputTokens + 10,
      cacheReadInputTokens: 8,
      cacheWriteInputTokens: 2,
    },
  };
}

export async function invokeModel(exchange: Exchange): Promise<void> {
  const { params, path, res } = exchange;
  const events = eventsOf(decodeURIComponent(path), params);
  if (path.endsWith('/invoke')) {
    sendJson(res, events.whole);
    return;
  }
  const metrics = { inputTokenCount: 11, outputTokenCount: 7, invocationLatency: 9 };
  const frames = events.pieces.map((piece, i) => {
    const isLast = i === events.pieces.length - 1;
    const event = isLast ? { ...piece, 'amazon-bedrock-invocationMetrics': metrics } : piece;
    return chunkFrame(event);
  });
  await sendFrames(exchange, frames);
}

/** By the maker of the model, what it says at once and in pieces. */
function eventsOf(path: string, params: Exchange['params']): { whole: object; pieces: object[] } {
  const { prompt, inputText } = params;
  if (path.includes('embed')) {
    const whole = { embedding: [0.1, 0.2, 0.3], inputTextTokenCount: tokensIn(String(inputText)) };
    return { whole, pieces: [] };
  }
  if (path.includes('anthropic')) {
    const head = { type: 'message', role: 'assistant', id: 'msg_1', model: 'claude' };
    const usage = { input_tokens: 11, output_tokens: 7 };
    const said = 'Hello from Claude';
    return {
      whole: {
        ...head,
        content: [{ type: 'text', text: said }],
        stop_reason: 'end_turn',
        usage,
      },
      pieces: [
        { type: 'message_start', message: { ...head, content: [], usage } },
        ...words(said).map((text) => ({
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'text_delta', text },
        })),
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } },
        { type: 'message_stop' },
      ],
    };
  }
  if (path.includes('nova')) {
    const message = { role: 'assistant', content: [{ text: 'Hello from Nova' }] };
    const usage = { inputTokens: 11, outputTokens: 7 };
    return {
      whole: { output: { message }, stopReason: 'end_turn', usage },
      pieces: [
        ...words('Hello from Nova').map((text) => ({
          contentBlockDelta: { contentBlockIndex: 0, delta: { text } },
        })),
        { messageStop: { stopReason: 'end_turn' } },
        { metadata: { usage } },
      ],
    };
  }
  const said = `Hello, ${prompt}`;
  return {
    whole: {
      generation: said,
      prompt_token_count: 11,
      generation_token_count: 7,
      stop_reason: 'stop',
    },
    pieces: [...words(said).map((generation) => ({ generation })), { stop_reason: 'stop' }],
  };
}

async function sendFrames({ res, scenario, req }: Exchange, frames: Buffer[]): Promise<void> {
  res.writeHead(200, {
    'content-type': 'application/vnd.amazon.eventstream',
    'x-amzn-requestid': 'req_local',
  });
  const halt = Number(/^halt-(\d+)$/.exec(scenario)?.[1] ?? frames.length);
  for (const [i, bytes] of frames.entries()) {
    if (res.destroyed || i === halt) return;
    if (scenario === 'dies' && i === 3) {
      await pause(20);
      req.socket.destroy();
      return;
    }
    if (scenario === 'split') {
      for (let at = 0; at < bytes.length; at += 7) {
        res.write(bytes.subarray(at, at + 7));
        if (at % 70 === 0) await pause(0);
      }
    } else res.write(bytes);
  }
  res.end();
}

/** One event of a model's own, packed. */
export function chunkFrame(event: object): Buffer {
  const bytes = Buffer.from(JSON.stringify(event)).toString('base64');
  return eventFrame('chunk', { bytes });
}

export function eventFrame(type: string, payload: object): Buffer {
  return frame({ ':event-type': type, ':message-type': 'event' }, payload);
}

/** The event by which a stream fails. */
export function exceptionFrame(type = 'modelStreamErrorException'): Buffer {
  return frame(
    { ':exception-type': type, ':message-type': 'exception' },
    { message: 'the model broke off' },
  );
}

/** The event by which a stream fails with an error that the service does not declare. */
export function errorFrame(): Buffer {
  return frame(
    {
      ':error-code': 'InternalError',
      ':error-message': 'the model broke off',
      ':message-type': 'error',
    },
    {},
  );
}

/** A prelude of lengths and their checksum, headers, the payload, and the checksum of it all. */
function frame(headers: Readonly<Record<string, string>>, payload: object): Buffer {
  const all = { ...headers, ':content-type': 'application/json' };
  const head = Buffer.concat(
    Object.entries(all).map(([name, value]) => {
      const bytes = Buffer.from(`_${name}___${value}`);
      bytes[0] = name.length;
      bytes[name.length + 1] = 7;
      bytes.writeUInt16BE(value.length, name.length + 2);
      return bytes;
    }),
  );
  const body = Buffer.from(JSON.stringify(payload));
  const bytes = Buffer.alloc(16 + head.length + body.length);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(head.length, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  head.copy(bytes, 12);
  body.copy(bytes, 12 + head.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}
