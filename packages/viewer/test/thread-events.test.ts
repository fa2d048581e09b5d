/** Which events make a thread load again, and how often it does. */

import assert from 'node:assert/strict';
import { isAboutThread } from '../src/pages/thread-events.ts';
import { PacedReload } from '../src/server/paced-reload.ts';

type Event = Parameters<typeof isAboutThread>[0];

describe('a thread', () => {
  const numbers = new Set([3, 5]);
  const thread = { kind: 'session', id: 'mine', numbers, hasMore: false } as const;
  const changed = (number: number, session: string | null) =>
    // Only what is read is here.
    ({ type: 'changed', traces: [{ number, session, user: 'mine' }] }) as unknown as Event;
  const deleted = (upTo: number, ...gone: number[]): Event => ({
    ...{ type: 'deleted', upTo, numbers: gone },
  });

  for (const [title, event, expected] of [
    ['has new requests', { type: 'traces', traces: [], omitted: 1 } as Event, true],
    ['has another version of a request', changed(3, 'mine'), true],
    ['loses a request that goes to another session', changed(3, 'other'), true],
    ['gets a request of another session', changed(9, 'mine'), true],
    ['has nothing to do with changes of others', changed(9, 'other'), false],
    ['loses a request', deleted(0, 5), true],
    ['loses its oldest request', deleted(3), true],
    ['has nothing to do with other requests that are deleted', deleted(2, 4, 9), false],
    ['has nothing to do with refused calls', { type: 'refused' } as unknown as Event, false],
  ] as const) {
    it(title, () => assert.equal(isAboutThread(event, thread), expected));
  }

  it('may lose requests that are not loaded', () => {
    assert.equal(isAboutThread(deleted(0, 9), { ...thread, hasMore: true }), true);
    assert.equal(isAboutThread(changed(9, 'other'), { ...thread, hasMore: true }), false);
  });
});

describe('a paced reload', () => {
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  it('runs one load at a time to its end, and one more for what came meanwhile', async () => {
    const times: [number, number][] = [];
    let running = 0;
    const reload = new PacedReload(async () => {
      const begin = performance.now();
      assert.equal(++running, 1);
      await sleep(60);
      running--;
      times.push([begin, performance.now()]);
      if (times.length === 1) throw new Error('refused');
    }, 30);
    for (let place = 0; place < 30; place++) {
      reload.request();
      await sleep(5);
    }
    await sleep(300);
    assert.ok(times.length >= 2 && times.length <= 4, `${times.length} loads`);
    for (const [place, [begin]] of times.entries()) {
      const end = times[place - 1]?.[1] ?? Number.NEGATIVE_INFINITY;
      assert.ok(begin - end >= 28, `a rest of ${begin - end} ms`);
    }
    const count = times.length;
    reload.request();
    reload.close();
    reload.request();
    await sleep(100);
    assert.equal(times.length, count);
  });
});
