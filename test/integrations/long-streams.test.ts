/** Of a stream that is longer than what is kept of an answer, nothing else is kept either. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { bytesInUse, MEGABYTE } from '../support/memory.ts';
import { ask, rowsOf } from './stage.ts';

const LENGTH = 16 * MEGABYTE;
/** What else the process does meanwhile may take as much. */
const NOISE = 4 * MEGABYTE;
const LIMIT = 65_536;
const TEXT = ' a text that is a little longer';

const chat = (id: unknown) =>
  `data: ${JSON.stringify({ id, choices: [{ index: 0, delta: { content: TEXT } }] })}\n\n`;
const kinds: Record<string, (i: number) => string> = {
  'events that recur': () => chat('one'),
  'events that do not': (i) => chat(i),
  'lines of JSON': (i) =>
    `${JSON.stringify({ created_at: i, message: { role: 'assistant', content: TEXT } })}\n`,
};

describe('a stream of 16 MB', () => {
  for (const [kind, event] of Object.entries(kinds)) {
    it(`of ${kind} needs little memory, and its step says how much is missing`, async () => {
      using captured = captureTraces();
      const isLines = kind.startsWith('lines');
      let sent = 0;
      let events = 0;
      const body = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            if (sent > LENGTH) return controller.close();
            const chunk = Array.from({ length: 200 }, () => event(events++)).join('');
            sent += chunk.length;
            controller.enqueue(new TextEncoder().encode(chunk));
          },
        },
        { highWaterMark: 0 },
      );
      const headers = { 'content-type': isLines ? 'application/x-ndjson' : 'text/event-stream' };
      const traced = tracedFetch({ fetch: async () => new Response(body, { headers }) });
      const path = isLines ? '/api/chat' : '/v1/chat/completions';
      const { body: seen } = await traced(`http://local${path}`, {
        method: 'POST',
        body: JSON.stringify({ ...ask(), stream: true }),
      });
      let before = 0;
      let grown = 0;
      for await (const _chunk of seen ?? []) {
        if (before === 0 && sent > MEGABYTE) before = bytesInUse();
        if (grown === 0 && sent > LENGTH) grown = bytesInUse() - before;
      }
      assert.ok(grown < NOISE, `${grown} bytes are kept`);
      const [row] = await rowsOf(captured, 1);
      const output = String(row?.steps[0]?.output);
      assert.ok(output.startsWith(TEXT));
      assert.ok(output.length <= LIMIT);
      const [mark = '', cut] = /… \[cut: (\d+) more characters\]$/.exec(output) ?? [];
      assert.equal(Number(cut), events * TEXT.length - (output.length - mark.length));
    });
  }
});
