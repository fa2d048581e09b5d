/** Events that differ in their text alone are read without parsing: whatever comes between them, nothing is lost by it. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import OpenAI from 'openai7';
import { RandomStreams } from './random-streams.ts';
import { ask, rowsOf } from './stage.ts';

const STREAMS = 120;
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));

describe(`${STREAMS} streams of recurring events, SEED=${seed}`, () => {
  const streams = new RandomStreams(seed);
  let pieces: Uint8Array[] = [];
  const settings = { apiKey: 'k', baseURL: 'http://local/v1', fetch: async () => answer(pieces) };
  const streamed = { ...ask(), stream: true as const };

  it('have steps with the text that the app received', async () => {
    const openai = traceOpenAI(new OpenAI(settings));
    for (let i = 0; i < STREAMS; i++) {
      using captured = captureTraces();
      pieces = streams.cut(streams.next().text);
      const said: Said = { content: '', reasoning: '', tools: ['', ''] };
      for await (const chunk of await openai.chat.completions.create(streamed)) {
        add(said, chunk.choices[0]?.delta ?? {});
      }
      const [row] = await rowsOf(captured, 1);
      const [step] = row?.steps ?? [];
      assert.ok(step);
      assert.deepEqual(saidIn(step), whole(said), `no. ${i}`);
      const { finishReason, partial } = step.metadata;
      assert.deepEqual([finishReason, partial], ['stop', undefined], `no. ${i}`);
    }
  });

  it('are passed on without the token counts that only we requested', async () => {
    const openai = traceOpenAI(new OpenAI(settings), { streamUsage: true });
    for (let i = 0; i < STREAMS; i++) {
      using captured = captureTraces();
      const { text, withUsage } = streams.next();
      pieces = streams.cut(withUsage);
      const response = await openai.chat.completions.create(streamed).asResponse();
      assert.equal(await response.text(), text, `no. ${i}`);
      const [row] = await rowsOf(captured, 1);
      assert.equal(row?.tokens, 12, `no. ${i}`);
    }
  });
});

interface Said {
  content: string;
  reasoning: string;
  readonly tools: string[];
}

/** As it is recorded: halves of characters are replaced, and arguments of nothing but space are none. */
function whole({ content, reasoning, tools }: Said): Said {
  return {
    content: content.toWellFormed(),
    reasoning: reasoning.toWellFormed(),
    tools: tools
      .filter(Boolean)
      .map((each) => (each.trim() === '' ? '{}' : each.toWellFormed()))
      .sort(),
  };
}

function add(said: Said, delta: object): void {
  const { content, reasoning_content, tool_calls } = delta as {
    content?: string;
    reasoning_content?: string;
    tool_calls?: { index: number; function: { arguments: string } }[];
  };
  said.content += content ?? '';
  said.reasoning += reasoning_content ?? '';
  for (const { index, function: called } of tool_calls ?? []) said.tools[index] += called.arguments;
}

function saidIn({ output, metadata }: WireStep): Said {
  type Output = { content?: string; tool_calls?: { arguments: unknown }[] };
  const { content = '', tool_calls = [] } =
    typeof output === 'string' ? { content: output } : ((output ?? {}) as Output);
  return {
    content,
    reasoning: String(metadata.reasoning ?? ''),
    // In the order in which they began; and arguments that are an object are shown as one.
    tools: tool_calls
      .map(({ arguments: args }) => (typeof args === 'string' ? args : JSON.stringify(args)))
      .sort(),
  };
}

function answer(pieces: readonly Uint8Array[]): Response {
  const rest = [...pieces];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = rest.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}
