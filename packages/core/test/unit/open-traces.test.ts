import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { boundedTest } from '../../../../test/support/bounded-test.ts';
import type { RecordedTrace } from '../../src/trace/recorded-trace.ts';
import { OpenTraces } from '../../src/tracer/open-traces.ts';

/** The part of a trace that is used here. */
class FakeTrace {
  isOpen = true;
  readonly isTooOld = false;
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }
}

function openTraces() {
  const open = new OpenTraces((fn) => fn());
  const start = (number: number) => {
    const trace = new FakeTrace(number);
    open.add(trace as unknown as RecordedTrace);
    return trace;
  };
  const end = (trace: FakeTrace) => {
    open.countEnded();
    trace.isOpen = false;
  };
  const numbers = () => [...open].map((trace) => (trace as unknown as FakeTrace).number);
  return { open, start, end, numbers };
}

describe('open traces', () => {
  it('are listed in the order in which they were opened, without those that have ended', () => {
    const { open, start, end, numbers } = openTraces();
    const kept: number[] = [];
    for (let i = 0; i < 1000; i++) {
      const trace = start(i);
      if (i % 100 === 7) kept.push(i);
      else end(trace);
      assert.deepEqual([open.size, numbers()], [kept.length, kept]);
    }
  });

  it('may end while they are listed', () => {
    const { open, start, end, numbers } = openTraces();
    const traces = [1, 2, 3].map(start);
    const listed: number[] = [];
    for (const trace of open) {
      listed.push((trace as unknown as FakeTrace).number);
      if (listed.length === 1) for (const each of traces.slice(0, 2)) end(each);
    }
    assert.deepEqual([listed, numbers(), open.size], [[1, 3], [3], 1]);
  });

  const MEMORY: readonly (readonly [what: string, openAllTheTime: number, atMost: number])[] = [
    ['all of them have ended', 0, 0],
    ['64 more have been opened and ended beside an open one', 1, 66],
  ];
  for (const [what, openAllTheTime, atMost] of MEMORY) {
    boundedTest(`are in memory no longer than until ${what}`, async () => {
      setFlagsFromString('--expose-gc');
      const collectGarbage = runInNewContext('gc') as () => void;
      const { open, start, end } = openTraces();
      for (let i = 0; i < openAllTheTime; i++) start(i);
      const references: WeakRef<FakeTrace>[] = [];
      // Not inline: what the last turn of a loop has used may stay on the stack.
      const startAndEnd = (i: number) => {
        const trace = start(i);
        references.push(new WeakRef(trace));
        end(trace);
      };
      for (let i = 0; i < 1000; i++) startAndEnd(i);
      await new Promise((resolve) => setTimeout(resolve, 10));
      collectGarbage();
      const inMemory = references.filter((reference) => reference.deref() !== undefined).length;
      assert.ok(inMemory <= atMost, `${inMemory} of 1,000 ended traces are in memory`);
      assert.equal(open.size, openAllTheTime);
    });
  }
});
