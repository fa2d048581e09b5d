/** Which queries a changed row loads again, and which a stream that opens. */

import assert from 'node:assert/strict';
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { reloadTrace, syncTraces } from '../src/server/reload-trace.ts';

describe('a trace whose row has changed', () => {
  it('is loaded again in all its parts, but for those of a version, and no other trace', async () => {
    const queries = new QueryClient();
    const parts = [
      ['trace'],
      ['root'],
      ['row'],
      ['notes'],
      ['step', 'v', 3],
      ['find', 'v', 'words'],
    ];
    const keyOf = ([name, ...rest]: readonly unknown[], number: number) => [name, number, ...rest];
    for (const part of parts) {
      for (const number of [7, 8]) queries.setQueryData(keyOf(part, number), {});
    }
    await reloadTrace(queries, 7);
    const isOld = (number: number) =>
      parts.map((part) => queries.getQueryState(keyOf(part, number))?.isInvalidated);
    assert.deepEqual(isOld(7), [true, true, true, true, false, false]);
    assert.deepEqual(isOld(8), [false, false, false, false, false, false]);
    queries.clear();
  });
});

describe('traces that may have changed unnoticed', () => {
  for (const { title, now, old } of [
    {
      title: 'are loaded again where one is shown that has changed',
      now: { steps: 2 },
      old: [7, 8],
    },
    { title: 'stay where the one that is shown has not changed', now: { steps: 1 }, old: [8] },
  ]) {
    it(title, async () => {
      const queries = new QueryClient({ defaultOptions: { queries: { staleTime: 60_000 } } });
      for (const number of [7, 8]) {
        for (const name of ['trace', 'notes']) queries.setQueryData([name, number], { steps: 1 });
      }
      queries.setQueryData(['info'], {});
      const observer = new QueryObserver(queries, { queryKey: ['trace', 7], queryFn: () => now });
      const stop = observer.subscribe(() => {});
      await syncTraces(queries, async () => now);
      assert.deepEqual(queries.getQueryData(['trace', 7]), now);
      const isOld = (name: string, ...number: number[]) =>
        queries.getQueryState([name, ...number])?.isInvalidated;
      assert.deepEqual(
        [7, 8].filter((number) => isOld('notes', number)),
        old,
      );
      assert.equal(isOld('info'), false);
      stop();
      queries.clear();
    });
  }
});
