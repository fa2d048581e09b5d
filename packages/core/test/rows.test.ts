/** What is logged comes out of the bytes of a row as it went in, wherever in memory these come to stand. */

import assert from 'node:assert/strict';
import { createTracer } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';

/** Of one, two, three and four bytes, those that JSON escapes, and half a pair, which is replaced. */
const CHARACTERS = ['a', '~', '\x7f', '"', '\\', '\n', '\0', 'é', '漢', '💬', '\ud83d', '\u2028'];

/** A text of about that length that starts somewhere else each time. */
const textOf = (length: number) =>
  Array.from({ length }, (_, i) => CHARACTERS[(i + length) % CHARACTERS.length]).join('');

/** As it leaves: whole characters, also where it is cut. */
const sent = (text: string, most = Number.POSITIVE_INFINITY) => {
  const first = text.slice(0, most);
  return (text.length > most ? first.replace(/[\ud800-\udbff]$/, '') : first).toWellFormed();
};

const rowsFor = async (log: (tracer: ReturnType<typeof createTracer>) => void) => {
  const transport = memoryTransport();
  const tracer = createTracer({
    transport,
    limits: { maxValueChars: 10_000_000, maxTraceChars: 100_000_000 },
  });
  log(tracer);
  await tracer.flush();
  return transport.rows;
};

describe('a row', () => {
  it('holds texts of every length, in every place, side by side with others', async () => {
    const lengths = Array.from({ length: 600 }, (_, i) => i);
    const rows = await rowsFor((tracer) => {
      for (const length of lengths) {
        const text = textOf(length);
        using trace = tracer.startTrace({ name: `n${text.slice(0, 60)}`, input: { text } });
        trace.update({
          output: text,
          userId: `u${text}`,
          metadata: { text, [`k${text}`]: length },
        });
        trace.step(`s${text.slice(0, 60)}`, () => text);
      }
    });
    assert.equal(rows.length, lengths.length);
    for (const [length, row] of rows.entries()) {
      const text = sent(textOf(length));
      const key = sent(`k${textOf(length)}`, 256);
      const root = row.steps[0];
      assert.equal(row.output, text);
      assert.equal(row.text, text);
      assert.equal(row.user_id, sent(`u${textOf(length)}`, 256));
      assert.deepEqual(row.metadata, { text, [key]: length });
      assert.deepEqual(root?.metadata, row.metadata);
      assert.deepEqual(root?.inputs, { text });
      assert.equal(root?.name, sent(`n${textOf(length).slice(0, 60)}`));
      assert.equal(root?.steps[0]?.name, sent(`s${textOf(length).slice(0, 60)}`));
      assert.equal(root?.steps[0]?.output, text);
    }
  });

  it('may be longer than the memory that rows share, and leaves its neighbours as they are', async () => {
    const lengths = [10, 131_071, 5, 131_072, 131_073, 20, 400_000, 1_000_000, 30];
    const rows = await rowsFor((tracer) => {
      for (const length of lengths) {
        using trace = tracer.startTrace({ name: 'long', input: { text: textOf(length) } });
        trace.update({ output: textOf(length + 1) });
      }
    });
    assert.deepEqual(
      rows.map((row) => [row.text === textOf(0) ? -1 : String(row.text).length, row.output]),
      lengths.map((length) => [textOf(length).length, sent(textOf(length + 1))]),
    );
  });

  it('tells times to the microsecond, and sums as they are', async () => {
    const latencies = [0, 0.0004, 0.001, 0.01, 0.1, 1, 1.0005, 9.9995, 99.999, 12_345.678_9, 1e11];
    const at = 1_732_312_312_345;
    const rows = await rowsFor((tracer) => {
      using trace = tracer.startTrace('times');
      for (const latency of latencies) {
        trace.addStep({ name: 'measured', startTime: at, endTime: at + latency, latency });
      }
      for (const cost of [0.000_001_5, 1e-9, 12.5]) {
        trace.addStep({ name: 'priced', type: 'chat_completion', cost, tokens: 7 });
      }
    });
    const [row] = rows;
    const measured = row?.steps[0]?.steps.filter(({ name }) => name === 'measured');
    assert.deepEqual(
      measured?.map(({ latency, startTime, endTime }) => [latency, startTime, endTime]),
      latencies.map((latency) => [Math.round(latency * 1000) / 1000, at, Math.floor(at + latency)]),
    );
    assert.equal(row?.cost, 0.000_001_5 + 1e-9 + 12.5);
    assert.equal(row?.tokens, 21);
  });
});
