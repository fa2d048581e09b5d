import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RecordedTrace } from '../../src/trace/recorded-trace.ts';
import { TraceQueue } from '../../src/tracer/ended/trace-queue.ts';

const traceOf = (number: number) => ({ number }) as unknown as RecordedTrace;

describe('a queue of traces', () => {
  it('gives each trace once, in their order, however many come and go meanwhile', () => {
    const queue = new TraceQueue();
    const expected: RecordedTrace[] = [];
    let seed = 7;
    for (let number = 0; number < 20_000; number++) {
      seed = (seed * 48_271) % 2_147_483_647;
      if (seed % 5 < (number < 10_000 ? 3 : 2)) {
        const trace = traceOf(number);
        queue.add(trace);
        expected.push(trace);
      } else {
        assert.equal(queue.oldest, expected[0]);
        assert.equal(queue.take(), expected.shift());
      }
      assert.equal(queue.size, expected.length);
    }
    while (expected.length > 0) assert.equal(queue.take(), expected.shift());
    assert.deepEqual([queue.take(), queue.oldest, queue.size], [undefined, undefined, 0]);
  });
});

describe('ended traces', () => {
  it('do not outlive the collections of young objects', async function () {
    this.timeout(60_000);
    const count = 40_000;
    const script = fileURLToPath(new URL('end-traces.js', import.meta.url));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--trace-gc', '--trace-gc-nvp', script, String(count)],
      { maxBuffer: 1e8 },
    );
    const promoted = [...stdout.matchAll(/\bpromoted=(\d+)/g)].map(([, bytes]) => Number(bytes));
    assert.ok(promoted.length > 20, stdout.slice(0, 500));
    const each = promoted.reduce((sum, bytes) => sum + bytes, 0) / count;
    assert.ok(each < 300, `${each} bytes of each trace outlived two of them`);
  });
});
