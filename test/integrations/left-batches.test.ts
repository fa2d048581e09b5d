/** Results of a batch that the app stops reading: what was received is recorded, and the rest when the app fetches them again. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { trace } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import Anthropic from 'anthropic1';
import OpenAI from 'openai7';

const LINES = 40;

/** The result of one request of a batch, of 10 + 5 tokens. */
const LINE_OF = {
  anthropic: (i: number) => ({
    custom_id: `c${i}`,
    result: {
      type: 'succeeded',
      message: {
        ...{ id: `m${i}`, type: 'message', role: 'assistant', model: 'claude-x' },
        ...{ content: [{ type: 'text', text: 'a' }], stop_reason: 'end_turn' },
        usage: { input_tokens: 10, output_tokens: 5 },
      },
    },
  }),
  openai: (i: number) => ({
    custom_id: `c${i}`,
    response: {
      status_code: 200,
      body: {
        ...{ id: `r${i}`, object: 'chat.completion', model: 'gpt-x' },
        choices: [
          { index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' },
        ],
        usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
      },
    },
    error: null,
  }),
};

/** Reads the results, the first `most` of them or all. */
type Read = (url: string, id: string, most?: number) => Promise<void>;

const READS: Readonly<Record<keyof typeof LINE_OF, Read>> = {
  anthropic: async (url, id, most = LINES + 1) => {
    const anthropic = traceAnthropic(new Anthropic({ apiKey: 'k', baseURL: url }));
    let read = 0;
    for await (const _ of await anthropic.messages.batches.results(id)) if (++read >= most) break;
  },
  openai: async (url, id, most) => {
    const openai = traceOpenAI(new OpenAI({ apiKey: 'k', baseURL: `${url}/v1` }));
    const response = await openai.files.content(id);
    if (most === undefined) {
      await response.text();
      return;
    }
    const reader = response.body?.getReader();
    let read = 0;
    while (read < most) {
      const { value } = (await reader?.read()) ?? {};
      read += String(new TextDecoder().decode(value)).split('\n').length - 1;
    }
    await reader?.cancel();
  },
};

interface Told {
  readonly tokens: number | null;
  readonly isPartial: boolean;
  readonly ended: unknown;
}

/** What the steps say of reading the results so many times. */
async function toldBy(
  client: keyof typeof LINE_OF,
  id: string,
  reads: readonly (number | undefined)[],
): Promise<readonly Told[]> {
  const server = createServer(async (req, res) => {
    const isBatch = !/results$|content$/.test(req.url ?? '');
    const type = isBatch ? 'application/json' : 'application/x-jsonl';
    res.writeHead(200, { 'content-type': type });
    if (isBatch) {
      const results_url = `http://${req.headers.host}/v1/messages/batches/${id}/results`;
      res.end(
        JSON.stringify({ id, type: 'message_batch', processing_status: 'ended', results_url }),
      );
      return;
    }
    for (let i = 0; i < LINES && !res.destroyed; i++) {
      res.write(`${JSON.stringify(LINE_OF[client](i))}\n`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    res.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  using captured = captureTraces();
  try {
    for (const most of reads) await trace(() => READS[client](url, id, most))();
    const rows = await captured.rows();
    return rows
      .flatMap(({ steps }) => steps.flatMap((root: WireStep) => root.steps))
      .map((step) => ({
        tokens: (step as { readonly tokens?: number | null }).tokens ?? null,
        isPartial: step.metadata?.partial === true,
        ended: step.metadata?.ended,
      }));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('results of a batch that the app stops reading', () => {
  for (const client of ['anthropic', 'openai'] as const) {
    it(`are recorded as far as they were received: ${client}`, async () => {
      const [step, ...others] = await toldBy(client, `${client}-1`, [15]);
      assert.deepEqual(others, []);
      assert.ok(step?.isPartial && step.ended === 'left');
      const { tokens } = step;
      assert.ok(tokens !== null && tokens >= 15 * 15 && tokens < LINES * 15, `${tokens} tokens`);
    });

    it(`are recorded once, however often they are fetched: ${client}`, async () => {
      const reads = [5, 20, undefined, undefined, 3];
      const steps = await toldBy(client, `${client}-2`, reads);
      assert.deepEqual(
        steps.map(({ isPartial }) => isPartial),
        [true, true, false],
      );
      assert.equal(
        steps.reduce((sum, { tokens }) => sum + (tokens ?? 0), 0),
        LINES * 15,
      );
    });
  }
});
