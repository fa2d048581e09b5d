/** What is recorded of answers that are streamed as events, in protocols that are known and in apps' own. */

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTracer, type Tracer } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { openlayerTracing } from '@openlayer-tracing/express';
import express from 'express';

type Event = Readonly<Record<string, unknown>>;
type Piece = string | Uint8Array;

/** How events are framed. In the last one, the type stands in the frame alone. */
const framings: Readonly<Record<string, { type: string; frame: (event: Event) => string }>> = {
  'server-sent events': {
    type: 'text/event-stream',
    frame: (event) => `data: ${JSON.stringify(event)}\n\n`,
  },
  'JSON lines': {
    type: 'application/x-ndjson',
    frame: (event) => `${JSON.stringify(event)}\n`,
  },
  'events with names': {
    type: 'text/event-stream; charset=utf-8',
    frame: (event) => `event: ${event.type ?? 'message'}\r\ndata: ${JSON.stringify(event)}\r\n\r\n`,
  },
  'events with names alone': {
    type: 'text/event-stream',
    frame: ({ type, ...rest }) =>
      `id: 1\nevent: ${type ?? 'message'}\ndata: ${JSON.stringify(rest)}\n\n`,
  },
};

const chunk = (delta: object, more: object = {}) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, ...more }],
});

/** Streams whose output is the text and nothing else. */
const answers: Readonly<Record<string, readonly Event[]>> = {
  // Of providers and frameworks.
  "OpenAI's chat": [
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'Late ' }),
    chunk({ content: 'fees' }),
    chunk({}, { finish_reason: 'stop' }),
    { id: 'c', choices: [], usage: { prompt_tokens: 1 } },
  ],
  'chat with parts, as Mistral sends them': [
    chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] }),
    chunk({ content: [{ type: 'text', text: 'Late ' }] }),
    chunk({ content: 'fees' }),
  ],
  'a refusal': [chunk({ refusal: 'Late ' }), chunk({ refusal: 'fees' })],
  'text completions': [
    { choices: [{ text: 'Late ', index: 0 }] },
    { choices: [{ text: 'fees', index: 0 }] },
  ],
  "OpenAI's responses": [
    { type: 'response.created', response: { id: 'r' } },
    { type: 'response.output_item.added', item: { id: 'i' } },
    { type: 'response.reasoning_summary_text.delta', delta: 'hm' },
    { type: 'response.output_text.delta', delta: 'Late ' },
    { type: 'response.output_text.delta', delta: 'fees' },
    { type: 'response.output_text.done', text: 'Late fees' },
    { type: 'response.completed', response: { output_text: 'Late fees' } },
  ],
  "Anthropic's messages": [
    { type: 'message_start', message: { id: 'm', role: 'assistant' } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Late ' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'fees' } },
    {
      type: 'content_block_delta',
      index: 1,
      delta: { type: 'input_json_delta', partial_json: '{}' },
    },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
    { type: 'message_stop' },
  ],
  "the AI SDK's messages": [
    { type: 'start', messageId: 'm' },
    { type: 'start-step' },
    { type: 'reasoning-delta', id: '0', delta: 'hm' },
    { type: 'tool-input-available', toolCallId: 't', toolName: 'f', input: {} },
    { type: 'text-start', id: '1' },
    { type: 'text-delta', id: '1', delta: 'Late ' },
    { type: 'text-delta', id: '1', delta: 'fees' },
    { type: 'text-end', id: '1' },
    { type: 'finish-step' },
    { type: 'finish' },
  ],
  Gemini: [
    {
      candidates: [
        { content: { parts: [{ text: 'hm', thought: true }, { text: 'Late ' }], role: 'model' } },
      ],
    },
    {
      candidates: [{ content: { parts: [{ text: 'fees' }], role: 'model' }, finishReason: 'STOP' }],
    },
    { usageMetadata: { totalTokenCount: 3 } },
  ],
  'Cohere, version 2': [
    { type: 'message-start', id: 'm' },
    { type: 'content-start', index: 0 },
    { type: 'content-delta', index: 0, delta: { message: { content: { text: 'Late ' } } } },
    { type: 'content-delta', index: 0, delta: { message: { content: { text: 'fees' } } } },
    { type: 'content-end', index: 0 },
    { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
  ],
  'Cohere, version 1': [
    { event_type: 'stream-start', generation_id: 'g' },
    { event_type: 'text-generation', text: 'Late ' },
    { event_type: 'text-generation', text: 'fees' },
    { event_type: 'stream-end', response: { text: 'Late fees' } },
  ],
  "Ollama's chat": [
    {
      model: 'm',
      created_at: '2026',
      message: { role: 'assistant', content: 'Late ' },
      done: false,
    },
    {
      model: 'm',
      created_at: '2027',
      message: { role: 'assistant', content: 'fees' },
      done: false,
    },
    {
      model: 'm',
      created_at: '2028',
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: 'stop',
    },
  ],
  "Ollama's completions": [
    { model: 'm', response: 'Late ', done: false },
    { model: 'm', response: 'fees', done: true },
  ],
  'AG-UI': [
    { type: 'RUN_STARTED', threadId: 't', runId: 'r' },
    { type: 'TEXT_MESSAGE_START', messageId: 'm', role: 'assistant' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'Late ' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'fees' },
    { type: 'TEXT_MESSAGE_END', messageId: 'm' },
    { type: 'RUN_FINISHED', threadId: 't', runId: 'r' },
  ],
  'messages of LangServe': [
    { run_id: '1' },
    { content: 'Late ', type: 'AIMessageChunk', name: null, id: 'run-1' },
    { content: 'fees', type: 'AIMessageChunk', name: null, id: 'run-1' },
  ],
  "LangChain's events": [
    {
      type: 'on_chat_model_stream',
      run_id: 'r',
      name: 'Chat',
      data: { chunk: { content: 'Late ' } },
    },
    {
      type: 'on_chat_model_stream',
      run_id: 'r',
      name: 'Chat',
      data: { chunk: { content: 'fees' } },
    },
  ],
  // Of apps.
  'a token in each event': [{ token: 'Late ' }, { token: 'fees' }],
  'tokens with a type': [
    { type: 'start' },
    { type: 'token', content: 'Late ' },
    { type: 'token', content: 'fees' },
    { type: 'done' },
  ],
  'tokens that are numbered': [
    { type: 'token', i: 0, token: 'Late ', logprob: -0.1 },
    { type: 'token', i: 1, token: 'fees', logprob: -0.2 },
  ],
  'a text with the same session each time': [
    { session: 's-1', lang: 'en', piece: 'Late ' },
    { session: 's-1', lang: 'en', piece: 'fees' },
  ],
  'a deep text': [
    { type: 'message', data: { answer: { delta: 'Late ' } } },
    { type: 'message', data: { answer: { delta: 'fees' } } },
  ],
  'the whole text so far': [{ text: 'L' }, { text: 'Late' }, { text: 'Late fees' }],
  'types like those of others': [
    { type: 'start', id: 1 },
    { type: 'message_chunk', text: 'Late ' },
    { type: 'message_chunk', text: 'fees' },
    { type: 'finish' },
    { type: 'message_done' },
  ],
  'types that are named by a path': [
    { type: 'response.start' },
    { type: 'response.chunk', text: 'Late ' },
    { type: 'response.chunk', text: 'fees' },
    { type: 'response.end' },
  ],
  'one event with all of it': [{ type: 'answer', text: 'Late fees' }],
  'a part of data': [{ type: 'data-answer', data: { text: 'Late fees' } }],
};

/** Streams that bring something beside the text: what is shown, with the type and where it stands in the frame alone. */
const mixed: Readonly<
  Record<string, readonly [events: readonly Event[], output: string, typed: string]>
> = {
  sources: [
    [
      { type: 'token', content: 'Late ' },
      { type: 'sources', items: ['doc-7'] },
      { type: 'token', content: 'fees' },
    ],
    'Late fees\n{"type":"sources","items":["doc-7"]}',
    'Late fees\nsources: {"items":["doc-7"]}',
  ],
  'an unknown event beside chat': [
    [chunk({ content: 'Late ' }), chunk({ content: 'fees' }), { type: 'usage', tokens: 17 }],
    'Late fees\n{"type":"usage","tokens":17}',
    'Late fees\nusage: {"tokens":17}',
  ],
  'choices that are no choices of a model': [
    [
      { type: 'quiz', choices: ['a', 'b'] },
      { type: 'answer', text: 'Late fees' },
    ],
    'Late fees\n{"type":"quiz","choices":["a","b"]}',
    'Late fees\nquiz: {"choices":["a","b"]}',
  ],
  'a part of data beside the messages of the AI SDK': [
    [
      { type: 'text-delta', id: '1', delta: 'Late fees' },
      { type: 'data-weather', data: { city: 'Oslo' } },
    ],
    'Late fees\n{"type":"data-weather","data":{"city":"Oslo"}}',
    'Late fees\ndata-weather: {"data":{"city":"Oslo"}}',
  ],
  'thoughts in pieces': [
    [
      { type: 'reasoning', text: 'h' },
      { type: 'reasoning', text: 'm, ' },
      { type: 'reasoning', text: 'a long thought' },
      { type: 'answer', text: 'Late ' },
      { type: 'answer', text: 'fees' },
    ],
    'Late fees\n{"type":"reasoning","text":"hm, a long thought"}',
    'Late fees\nreasoning: {"text":"hm, a long thought"}',
  ],
  'a status': [
    [
      { type: 'tool-status', text: 'searching for it' },
      { type: 'answer', text: 'Late fees' },
    ],
    'Late fees\n{"type":"tool-status","text":"searching for it"}',
    'Late fees\ntool-status: {"text":"searching for it"}',
  ],
  'an error': [
    [
      { type: 'token', content: 'Late' },
      { type: 'error', message: 'quota exceeded, and more than that' },
    ],
    'Late\n{"type":"error","message":"quota exceeded, and more than that"}',
    'Late\nerror: {"message":"quota exceeded, and more than that"}',
  ],
  'an error alone': [
    [{ type: 'error', message: 'quota exceeded' }],
    '{"type":"error","message":"quota exceeded"}',
    'error: {"message":"quota exceeded"}',
  ],
  'an error of Anthropic': [
    [
      { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Late' } },
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    ],
    'Late\n{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    'Late\nerror: {"error":{"type":"overloaded_error","message":"Overloaded"}}',
  ],
  "an error of OpenAI's responses": [
    [
      { type: 'response.output_text.delta', delta: 'Late' },
      { type: 'response.failed', response: { error: { message: 'no' } } },
    ],
    'Late\n{"type":"response.failed","response":{"error":{"message":"no"}}}',
    'Late\nresponse.failed: {"response":{"error":{"message":"no"}}}',
  ],
  'an error of the AI SDK': [
    [
      { type: 'text-delta', delta: 'Late' },
      { type: 'error', errorText: 'no' },
      { type: 'tool-output-error', errorText: 'never' },
    ],
    'Late\n{"type":"error","errorText":"no"}\n{"type":"tool-output-error","errorText":"never"}',
    'Late\nerror: {"errorText":"no"}\ntool-output-error: {"errorText":"never"}',
  ],
  'an error of AG-UI': [
    [
      { type: 'TEXT_MESSAGE_CONTENT', delta: 'Late' },
      { type: 'RUN_ERROR', message: 'no' },
    ],
    'Late\n{"type":"RUN_ERROR","message":"no"}',
    'Late\nRUN_ERROR: {"message":"no"}',
  ],
  'an error in mid-chat': [
    [chunk({ content: 'Late' }), { error: { message: 'no', code: 502 } }],
    'Late\n{"error":{"message":"no","code":502}}',
    'Late\n{"error":{"message":"no","code":502}}',
  ],
  'an error in a home-made stream without types': [
    [{ token: 'Late' }, { token: ' fees' }, { error: 'the model has gone away for good' }],
    'Late fees\n{"error":"the model has gone away for good"}',
    'Late fees\n{"error":"the model has gone away for good"}',
  ],
  records: [
    [{ city: 'Oslo' }, { city: 'Rome' }],
    '{"city":"Oslo"}\n{"city":"Rome"}',
    '{"city":"Oslo"}\n{"city":"Rome"}',
  ],
  'texts in two languages': [
    [
      { en: 'Late ', fr: 'Tard ' },
      { en: 'fees', fr: 'x' },
    ],
    '{"en":"Late ","fr":"Tard "}\n{"en":"fees","fr":"x"}',
    '{"en":"Late ","fr":"Tard "}\n{"en":"fees","fr":"x"}',
  ],
  'tool calls alone': [
    [chunk({ tool_calls: [{ function: { name: 'f' } }] })],
    JSON.stringify(chunk({ tool_calls: [{ function: { name: 'f' } }] })),
    JSON.stringify(chunk({ tool_calls: [{ function: { name: 'f' } }] })),
  ],
  'nothing but marks': [
    [{ type: 'start' }, { type: 'done' }],
    '{"type":"start"}\n{"type":"done"}',
    '{}\n{}',
  ],
  'a call of MCP': [
    [{ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'Late fees' }] } }],
    '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"Late fees"}]}}',
    '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"Late fees"}]}}',
  ],
  'secrets, and tokens that are none': [
    [
      { type: 'token', token: 'Late ' },
      { type: 'auth', password: 'S3CRET', token: 'sk-S3CRETS3CRETS3CRET0' },
    ],
    'Late \n{"type":"auth","password":"[redacted]","token":"[redacted]"}',
    'Late \nauth: {"password":"[redacted]","token":"[redacted]"}',
  ],
  'secrets in a list': [
    [
      { type: 'a', n: 1 },
      { type: 'b', credentials: { of: ['S3CRET'] } },
    ],
    '{"type":"a","n":1}\n{"type":"b","credentials":"[redacted]"}',
    '{"n":1}\n{"credentials":"[redacted]"}',
  ],
};

/** Bodies that are no events with JSON in them, as they are sent. */
const raw: Readonly<Record<string, readonly [body: string, output: string]>> = {
  'plain texts': ['data: Late\n\ndata:  fees\n\n', 'Late fees'],
  'plain texts, each with its space': ['data: Late \n\ndata: fees\n\n', 'Late fees'],
  'plain lines': ['data: Late\n\ndata: fees\n\n', 'Late\nfees'],
  'plain texts, one of them empty': ['data:  Late\n\ndata: \n\ndata:  fees\n\n', ' Late fees'],
  'plain texts in Chinese': ['data: 逾\n\ndata: 期费\n\ndata: 用\n\n', '逾期费用'],
  'plain texts in Japanese': ['data: 延滞\n\ndata: の\n\ndata: リスク。\n\n', '延滞のリスク。'],
  'plain texts in Thai': ['data: ค่า\n\ndata: ปรับ\n\n', 'ค่าปรับ'],
  'plain sentences in Chinese': ['data: 逾期。\n\ndata: 费用。\n\n', '逾期。\n费用。'],
  'plain texts in Chinese and in English': ['data: 费用\n\ndata: Late\n\n', '费用\nLate'],
  'records in Chinese': [
    'data: {"city":"东京"}\n\ndata: {"city":"大阪"}\n\n',
    '{"city":"东京"}\n{"city":"大阪"}',
  ],
  'marks without data': [
    'event: open\ndata:\n\ndata: Late\n\nevent: ping\ndata: \n\ndata:  fees\n\nevent: end\ndata: \n\n',
    'Late fees',
  ],
  'a type without data that is no mark': [
    'data: Late\n\ndata:  fees\n\nevent: left\ndata: \n\n',
    'Late fees\nleft: ',
  ],
  'an error behind a plain text': [
    'data: Late fees\n\ndata: {"error":{"message":"no"}}\n\n',
    'Late fees\n{"error":{"message":"no"}}',
  ],
  'nothing but an error': ['data: {"error":{"message":"no"}}\n\n', '{"error":{"message":"no"}}'],
  'nothing but a failure': ['event: failed\ndata: {"message":"no"}\n\n', '{"message":"no"}'],
  'texts as JSON': [
    'event: data\ndata: "Late "\n\nevent: data\ndata: "fees"\n\nevent: end\n\n',
    'Late fees',
  ],
  "the AI SDK's older stream": [
    'f:{"messageId":"m"}\n0:"Late "\n0:"fees"\ne:{"finishReason":"stop"}\nd:{"finishReason":"stop"}\n',
    'Late fees',
  ],
  'an error in it': ['0:"Late"\n3:"no quota"\n', 'Late\n"no quota"'],
  'data in it': ['2:[{"source":"doc-7"}]\n0:"Late"\n', 'Late\n[{"source":"doc-7"}]'],
  'comments alone': [': nothing yet\n\n: still nothing\n\n', ': nothing yet\n\n: still nothing'],
  'a name alone': ['event: done\n\n', 'event: done'],
  'events in several lines': [
    'data: {"token":\ndata: "Late "}\n\ndata: {"token":"fees"}\n\n',
    'Late fees',
  ],
  'messages of LangGraph': [
    `event: metadata\ndata: {"run_id":"r"}\n\n${['Late ', 'fees']
      .map(
        (content) =>
          `event: messages\ndata: [{"content":"${content}","type":"AIMessageChunk"},{"node":"agent"}]\n\n`,
      )
      .join('')}`,
    'Late fees\nmetadata: {"run_id":"r"}',
  ],
  'an event that was broken off': [
    'data: {"token":"Late "}\n\ndata: {"token":"fe',
    'Late \n{"token":"fe',
  ],
};

describe('the output of a stream', () => {
  let tracer: Tracer;
  let server: Server;
  let url: string;
  let body: readonly Piece[] = [];
  let type = '';
  const transport = memoryTransport();

  before(async () => {
    tracer = createTracer({ transport, limits: { maxValueChars: 1_000_000 } });
    const app = express().use(openlayerTracing({ tracer }));
    app.get('/', (_req, res) => {
      res.setHeader('content-type', type);
      for (const piece of body) res.write(piece);
      res.end();
    });
    server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(() => void server.close());

  async function outputOf(pieces: readonly Piece[], contentType: string): Promise<unknown> {
    body = pieces;
    type = contentType;
    await (await fetch(url)).text();
    await tracer.flush();
    return transport.rows.at(-1)?.output;
  }

  for (const [how, { type: contentType, frame }] of Object.entries(framings)) {
    for (const [what, events] of Object.entries(answers)) {
      it(`of ${what} in ${how} is the text`, async () => {
        assert.equal(await outputOf(events.map(frame), contentType), 'Late fees');
      });
    }

    for (const [what, [events, output, typed]] of Object.entries(mixed)) {
      it(`with ${what} in ${how} shows all that came`, async () => {
        const expected = how === 'events with names alone' ? typed : output;
        assert.equal(await outputOf(events.map(frame), contentType), expected);
      });
    }
  }

  for (const [what, [sent, output]] of Object.entries(raw)) {
    it(`of ${what} is what it says`, async () => {
      assert.equal(await outputOf([sent], 'text/event-stream'), output);
    });
  }

  const LONG: readonly string[] = Array.from(
    { length: 4000 },
    (_, i) => `wörd${String(i).padStart(4, '0')} `,
  );
  /** The events, of which the one with this text comes once for each long piece. */
  const lengthened = (events: readonly Event[], text: string): readonly Event[] =>
    events.flatMap((event) => {
      const json = JSON.stringify(event);
      if (!json.includes(text)) return [event];
      return LONG.map((piece): Event => JSON.parse(json.replace(text, piece)));
    });
  /** Their events have no text that comes in pieces. */
  const SHORT = new Set(['the whole text so far', 'one event with all of it', 'a part of data']);

  const CHUNKS: Readonly<Record<string, (frames: readonly string[]) => readonly Piece[]>> = {
    'each in a chunk of its own': (frames) => frames,
    'in chunks that split events and characters': (frames) => {
      const bytes = Buffer.from(frames.join(''));
      const count = Math.ceil(bytes.length / 997);
      return Array.from({ length: count }, (_, i) => bytes.subarray(i * 997, (i + 1) * 997));
    },
  };

  for (const [where, chunksOf] of Object.entries(CHUNKS)) {
    it(`of thousands of plain texts in Chinese is the whole text, ${where}`, async () => {
      const pieces = Array.from({ length: 4000 }, (_, i) => String.fromCodePoint(0x4e00 + i));
      const output = await outputOf(
        chunksOf(pieces.map((piece) => `data: ${piece}\n\n`)),
        'text/event-stream',
      );
      assert.equal(output, pieces.join(''));
    });
  }

  for (const [how, { type: contentType, frame }] of Object.entries(framings)) {
    for (const [where, chunksOf] of Object.entries(CHUNKS)) {
      for (const [what, events] of Object.entries(answers)) {
        if (SHORT.has(what)) continue;
        it(`of ${what} in ${how} is the whole text of thousands of events, ${where}`, async () => {
          const frames = lengthened(events, 'Late ').map(frame);
          assert.ok(Buffer.byteLength(frames.join('')) > 65_536);
          const output = await outputOf(chunksOf(frames), contentType);
          assert.equal(output, `${LONG.join('')}fees`);
        });
      }
    }

    for (const [what, [events]] of Object.entries(mixed)) {
      if (what.startsWith('secrets')) continue;
      it(`with ${what} in ${how} has no gap, if events are many`, async () => {
        const sent = lengthened(events, 'Late');
        const output = String(await outputOf(sent.map(frame), contentType));
        const pieces = sent.length === events.length ? [] : LONG;
        const missing = pieces.findIndex((piece) => !output.includes(piece.trim()));
        if (!output.includes('… [cut: ')) assert.equal(missing, -1);
        else assert.ok(pieces.slice(missing + 1).every((piece) => !output.includes(piece)));
      });
    }
  }

  for (const [how, { type: contentType, frame }] of Object.entries(framings)) {
    for (const [what, events] of Object.entries(answers)) {
      for (const empty of ['', null]) {
        it(`of ${what} in ${how} is the text, if the text of some events is ${JSON.stringify(empty)}`, async () => {
          const without = (event: Event): readonly Event[] => {
            const json = JSON.stringify(event);
            const text = ['"Late "', '"fees"'].find((each) => json.includes(each));
            return text === undefined
              ? []
              : [JSON.parse(json.replace(text, JSON.stringify(empty)))];
          };
          // The whole text so far is never empty behind its beginning.
          if (what === 'the whole text so far') return;
          const sent = events.flatMap((event) => [...without(event), event, ...without(event)]);
          assert.equal(await outputOf(sent.map(frame), contentType), 'Late fees');
        });
      }
    }

    for (const key of ['text', 'value', 'v', 't', 'data', 'part', 'x', 'chunk']) {
      it(`of many pieces under the key ${key} in ${how} is the whole text`, async () => {
        const pieces = [' ', ' \n'].flatMap((space) => LONG.map((word) => word.trim() + space));
        const events = pieces
          .slice(0, 5500)
          .map((piece, i) => ({ type: 'piece', ts: i, [key]: piece }));
        const output = await outputOf(events.map(frame), contentType);
        assert.equal(output, pieces.slice(0, 5500).join(''));
      });
    }

    it(`of two answers that take turns in ${how} is the first, and then the second`, async () => {
      const events = LONG.slice(0, 2500).flatMap((piece) => [
        chunk({ content: piece }),
        {
          id: 'c',
          object: 'chat.completion.chunk',
          choices: [{ index: 1, delta: { content: piece } }],
        },
      ]);
      const output = String(await outputOf(events.map(frame), contentType));
      assert.ok(output.startsWith(LONG.slice(0, 2500).join('')));
      assert.equal(output.split(String(LONG[2499])).length, 3);
      assert.doesNotMatch(output, /cut: /);
    });
  }

  /** Streams of models whose type says something else. */
  const MISTYPED: Readonly<
    Record<string, readonly [type: string, frame: (piece: string) => string]>
  > = {
    "OpenAI's chunks as lines of plain text": [
      'text/plain',
      (content) => `${JSON.stringify(chunk({ content }))}\n`,
    ],
    "OpenAI's chunks as lines of server-sent events": [
      'text/event-stream',
      (content) => `${JSON.stringify(chunk({ content }))}\n`,
    ],
    "OpenAI's events as plain text": [
      'text/plain; charset=utf-8',
      (content) => `data: ${JSON.stringify(chunk({ content }))}\n\n`,
    ],
    "OpenAI's chunks as JSON": [
      'application/json',
      (content) => `${JSON.stringify(chunk({ content }))}\n`,
    ],
    "the AI SDK's older stream as plain text": [
      'text/plain; charset=utf-8',
      (piece) => `0:${JSON.stringify(piece)}\n`,
    ],
  };
  for (const [what, [contentType, frame]] of Object.entries(MISTYPED)) {
    for (const count of [2, 4000]) {
      it(`of ${what} is the text of ${count} events`, async () => {
        const pieces = LONG.slice(0, count);
        assert.equal(await outputOf(pieces.map(frame), contentType), pieces.join(''));
      });
    }
  }

  it('of plain text that only looks like events is that text', async () => {
    for (const text of [
      'data: 1\n\ndata: 2\n\n',
      '{"message":"a"}\n{"message":"b"}\n',
      'id: 7\nname: x\n',
      ': a comment\n',
      '{\n  "a": 1\n}\n',
    ]) {
      assert.equal(await outputOf([text], 'text/plain'), text);
    }
  });

  const LINES: Readonly<Record<string, (piece: string) => string>> = {
    "the AI SDK's older stream": (piece) => `0:${JSON.stringify(piece)}\n`,
    'texts as JSON': (piece) => `event: data\ndata: ${JSON.stringify(piece)}\n\n`,
    'events in several lines': (piece) => `data: {"token":\ndata: ${JSON.stringify(piece)}}\n\n`,
    'plain texts': (piece) => `data: ${piece}\n\n`,
    'messages of LangGraph': (piece) =>
      `event: messages\ndata: [{"content":"${piece}","type":"AIMessageChunk"},{"node":"agent"}]\n\n`,
  };
  for (const [what, line] of Object.entries(LINES)) {
    it(`of ${what} is the whole text of thousands of events`, async () => {
      const sent = [...LONG, ...LONG.slice(0, 500)].map(line);
      assert.ok(Buffer.byteLength(sent.join('')) > 65_536);
      const output = await outputOf(sent, 'text/event-stream');
      assert.equal(output, LONG.join('') + LONG.slice(0, 500).join(''));
    });
  }

  it('of events that nobody knows leaves no text out', async () => {
    const pick = randomOf(20_261_128);
    const words = [
      'token',
      'text',
      'start',
      'delta',
      'data-x',
      'status',
      'message',
      'choices',
      'error',
      'piece',
      'type',
    ];
    for (let round = 0; round < 300; round++) {
      const texts: string[] = [];
      const madeValue = (depth: number): unknown => {
        const kind = pick(depth > 2 ? 2 : 5);
        if (kind === 0) return pick(100);
        if (kind < 3) {
          texts.push(`text-${texts.length}${pick(2) === 0 ? ' ' : ''}`);
          return texts.at(-1);
        }
        if (kind === 3) return Array.from({ length: pick(3) }, () => madeValue(depth + 1));
        return Object.fromEntries(
          Array.from({ length: pick(4) }, () => [
            words[pick(words.length - 1)],
            madeValue(depth + 1),
          ]),
        );
      };
      const events = Array.from({ length: 1 + pick(6) }, () => ({
        type: `own-${words[pick(words.length)]}`,
        [words[pick(words.length - 1)] as string]: madeValue(0),
      }));
      const { type: contentType, frame } = Object.values(framings)[
        pick(3)
      ] as (typeof framings)[string];
      const output = String(await outputOf(events.map(frame), contentType));
      const sent = JSON.stringify(events);
      for (const text of texts) {
        if (sent.includes(`"${text}"`))
          assert.ok(output.includes(text), `${text} of ${sent} is not in ${output}`);
      }
      assert.notEqual(output.trim(), '');
    }
  });
});

/** Numbers below a limit that look random, and are the same each time. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
