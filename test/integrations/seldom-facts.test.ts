/** Facts that few responses have, and the last value before a limit. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { rowsOf } from './stage.ts';

type Facts = Readonly<Record<string, unknown>>;

/** The step of a request with this response. */
async function stepOf(url: string, sent: object, response: Response): Promise<WireStep> {
  using captured = captureTraces();
  const send = tracedFetch({ fetch: async () => response });
  await (await send(url, { method: 'POST', body: JSON.stringify(sent) })).text();
  const [step] = (await rowsOf(captured, 1)).flatMap(({ steps }) => steps);
  assert.ok(step);
  return step;
}

const sse = (events: readonly object[]) =>
  new Response(events.map((each) => `data: ${JSON.stringify(each)}\n\n`).join(''), {
    headers: { 'content-type': 'text/event-stream' },
  });

const chat = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

describe('a response', () => {
  for (const [cached, details] of [
    [4, { cached_tokens: 4 }],
    [10, { cached_tokens: 10 }],
    // Cached tokens are not a part of the billed ones then.
    [11, undefined],
  ] as const) {
    it(`of Cohere has ${cached} cached tokens of 10 billed ones`, async () => {
      const meta = { billed_units: { input_tokens: 10, output_tokens: 2 }, cached_tokens: cached };
      const body = { id: 'c', message: { content: [{ type: 'text', text: 'So.' }] }, usage: meta };
      const step = await stepOf('https://api.cohere.com/v2/chat', chat, Response.json(body));
      assert.deepEqual(
        [(step.usageDetails as Facts | undefined)?.cached_tokens, step.metadata.cachedTokens],
        details === undefined ? [undefined, cached] : [cached, undefined],
      );
    });
  }

  it('with several texts has the other fields of each', async () => {
    const choices = [
      { index: 0, text: 'So', finish_reason: 'stop' },
      { index: 1, text: 'No', finish_reason: 'stop', novelty: 1 },
    ];
    const sent = { model: 'm', prompt: 'hi', n: 2 };
    const url = 'https://gateway.example/v1/completions';
    const step = await stepOf(url, sent, Response.json({ choices }));
    assert.deepEqual(step.metadata.choices, [{}, { novelty: 1 }]);
    const alone = await stepOf(url, sent, Response.json({ choices: choices.slice(1) }));
    assert.deepEqual([alone.metadata.novelty, alone.metadata.choices], [1, undefined]);
  });

  it('keeps the facts that are known, however many others it has', async () => {
    const others = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`other_${i}`, i]));
    const facts = { stop_reason: 'stop_sequence', stop_sequence: 'END' };
    const said = { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'So.' }] };
    const message = { ...others, ...said, ...facts };
    const claude = await stepOf(
      'https://api.anthropic.com/v1/messages',
      { ...chat, max_tokens: 9 },
      Response.json(message),
    );
    assert.equal(claude.metadata.stopSequence, 'END');
    const usage = { prompt_tokens: 2, total_tokens: 2, prompt_rounds: 3 };
    const embedding = await stepOf(
      'https://api.openai.com/v1/embeddings',
      { model: 'm', input: 'hi' },
      Response.json({ ...others, data: [{ embedding: [0, 1] }], usage }),
    );
    assert.deepEqual(embedding.metadata.usage, { prompt_rounds: 3 });
    for (const { metadata } of [claude, embedding]) {
      assert.equal(Object.keys(metadata).filter((key) => key.startsWith('other_')).length, 95);
    }
  });

  it('of fal is billed by units only if it states them', async () => {
    const billedBy = async (headers: Record<string, string>) => {
      const response = Response.json({ images: [] }, { headers });
      const step = await stepOf('https://fal.run/fal-ai/flux', { prompt: 'hi' }, response);
      return step.metadata.billed;
    };
    assert.equal(await billedBy({}), undefined);
    assert.deepEqual(await billedBy({ 'x-fal-billable-units': '0' }), {
      units: { billable_units: 0 },
    });
  });

  it('may call one tool several times without ids, each time in one event', async () => {
    const called = (args: object) => ({
      choices: [
        {
          index: 0,
          delta: {
            tool_calls: [{ index: 0, function: { name: 'f', arguments: JSON.stringify(args) } }],
          },
        },
      ],
    });
    const response = sse([called({ a: 1 }), called({ a: 2 }), called({ a: 3 })]);
    const url = 'https://gateway.example/v1/chat/completions';
    const step = await stepOf(url, { ...chat, stream: true }, response);
    const { tool_calls: calls } = step.output as { tool_calls: readonly { arguments: unknown }[] };
    assert.deepEqual(
      calls.map((each) => each.arguments),
      [{ a: 1 }, { a: 2 }, { a: 3 }],
    );
  });

  it('keeps its known facts beside any number of unknown fields', async () => {
    const fields = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`field_${i}`, i + 1]));
    const choices = [{ message: { content: 'So.' }, finish_reason: 'stop', ...fields }];
    const body = { ...fields, id: 'c1', choices };
    const url = 'https://gateway.example/v1/chat/completions';
    const { metadata } = await stepOf(url, chat, Response.json(body));
    assert.deepEqual([metadata.responseId, metadata.finishReason], ['c1', 'stop']);
    const kept = Object.keys(metadata).filter((key) => key.startsWith('field_'));
    assert.deepEqual([kept.length, kept.at(-1)], [96, 'field_95']);
  });
});
