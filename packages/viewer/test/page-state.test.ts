/** The state of the page in its address. */

import assert from 'node:assert/strict';
import {
  listKey,
  listQueryOf,
  parseSearch,
  partOf,
  readPageState,
  stringifySearch,
  toTraceQuery,
} from '../src/state/page-state.ts';

const read = (text: string) => readPageState(parseSearch(text));

describe('the address of a list', () => {
  it('is read back as it was written', () => {
    const search = read(
      '?outcome=error&outcome=aborted&status=5xx&user=a%26b&minLatency=250&sort=latency&order=asc&columns=time&columns=name&trace=7&q=caf%C3%A9',
    );
    assert.deepEqual(search, {
      outcome: ['error', 'aborted'],
      status: ['5xx'],
      user: ['a&b'],
      minLatency: 250,
      sort: 'latency',
      order: 'asc',
      columns: ['time', 'name'],
      trace: 7,
      q: 'café',
    });
    assert.deepEqual(read(stringifySearch({ ...search })), search);
    assert.deepEqual(readPageState({ ...search }), search);
  });

  it('ignores unknown names and wrong values, and keeps the others', () => {
    const text =
      '?outcome=exploded&sort=colour&order=up&last=9y&minCost=-1&from=soon&trace=x&view=all&zone=mars&failed=1&toString=1&q=ok';
    assert.deepEqual(read(text), { q: 'ok' });
    assert.deepEqual(read('?status=200&status=200&user='), { status: ['200'] });
    assert.deepEqual(read('?status=2000&status=4XX&status=0xx&status=4xx'), { status: ['4xx'] });
    assert.deepEqual(read('?status=oops'), {});
    assert.deepEqual(read('?status=5XX&status=404'), { status: ['5xx', '404'] });
  });

  it('ignores numbers that the page cannot show', () => {
    const hostile = ['1e400', '-1', 'NaN', '[]', 'toString', '__proto__', '', '1e17', '9e15'];
    for (const value of hostile) {
      for (const name of ['from', 'to', 'last', 'lines', 'failed', 'view', 'sort', 'zone']) {
        assert.deepEqual(read(`?${name}=${value}`), {}, `${name}=${value}`);
        assert.deepEqual(read(`?${name}=${value}&${name}=5m`), {}, `${name}=${value} twice`);
      }
    }
    assert.deepEqual(read('?last=toString'), {});
    const last = Date.UTC(9999, 11, 31);
    assert.deepEqual(read(`?from=${last}&to=${last + 1}`), { from: last });
  });

  it('keeps numbers that are ids as texts', () => {
    assert.deepEqual(read('?user=007&session=12&name=true'), {
      user: ['007'],
      session: ['12'],
      name: ['true'],
    });
  });

  it('becomes a query of the filters and the order alone', () => {
    const search = read(
      '?outcome=error&sort=time&order=desc&columns=time&trace=7&view=raw&zone=utc&a=1',
    );
    assert.equal(toTraceQuery(search, 0, { limit: 50 }), '?limit=50&outcome=error');
    assert.deepEqual(listQueryOf(search), { outcome: ['error'] });
    assert.equal(listKey(search), '?outcome=error');
    assert.equal(listKey(read('?trace=7&sort=time')), '');
  });

  it('becomes a query from a time on if its range ends now', () => {
    assert.equal(toTraceQuery(read('?last=1h&to=5'), 4_000_000), '?from=400000');
  });

  for (const { title, address, range } of [
    { title: 'the bucket if it has no range', address: '', range: [60, 120] },
    { title: 'what it has of the first bucket', address: '?from=90', range: [90, 120] },
    { title: 'what it has of the last bucket', address: '?from=5&to=100', range: [60, 100] },
    { title: 'the bucket if its range is longer', address: '?from=5&to=500', range: [60, 120] },
  ]) {
    it(`becomes ${title}`, () => {
      const [from, to] = range;
      assert.deepEqual(partOf(read(address), [60, 120]), { from, to, last: undefined });
    });
  }
});
