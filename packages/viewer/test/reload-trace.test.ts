/** Which queries a changed row loads again. */

import assert from 'node:assert/strict';
import { QueryClient } from '@tanstack/react-query';
import { reloadTrace } from '../src/server/reload-trace.ts';

describe('a trace whose row has changed', () => {
  it('is loaded again in all its parts, what was found in it too, and no other trace', async () => {
    const queries = new QueryClient();
    const parts = [['trace'], ['step', 3], ['row'], ['notes'], ['find', 'words']];
    const keyOf = ([name, ...rest]: readonly unknown[], number: number) => [name, number, ...rest];
    for (const part of parts) {
      for (const number of [7, 8]) queries.setQueryData(keyOf(part, number), {});
    }
    await reloadTrace(queries, 7);
    const isOld = (number: number) =>
      parts.map((part) => queries.getQueryState(keyOf(part, number))?.isInvalidated);
    assert.deepEqual(isOld(7), [true, true, true, true, true]);
    assert.deepEqual(isOld(8), [false, false, false, false, false]);
    queries.clear();
  });
});
