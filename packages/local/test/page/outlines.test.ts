import assert from 'node:assert/strict';
import { ReadHandler } from '../../src/page/read-handler.ts';
import type { StepColumns, TraceDetail } from '../../src/page-api.ts';
import { IN_MEMORY } from '../../src/storage/database.ts';
import { Store } from '../../src/storage/store.ts';
import { TraceIndex } from '../../src/trace-index/trace-index.ts';
import { PIPELINE, requestOf } from '../client.js';

/** A text of a step, by which a row of ten steps has a megabyte or less. */
const LONG = 'x'.repeat(110_000);
const SHORT = 'x'.repeat(90_000);

function rowOf(text: string, name = 'step') {
  const children = Array.from({ length: 10 }, (_, n) => ({
    ...{
      name: `${name} ${n}`,
      type: 'tool',
      output: text,
      startTime: 1.7e12 + n,
      endTime: 1.7e12 + 9,
    },
    ...(n === 3 && { model: 'gpt-5', promptTokens: 7, metadata: { error: 'no' } }),
  }));
  const root = { name: 'root', type: 'user_call', startTime: 1.7e12, endTime: 1.7e12 + 10 };
  return { ...requestOf('x', { plan: 'pro', steps: [{ ...root, steps: children }] }) };
}

function opened() {
  const store = new Store(IN_MEMORY);
  const index = new TraceIndex(store.database, IN_MEMORY);
  const reads = new ReadHandler(index);
  const read = async <T>(path: string): Promise<T> => {
    const context = { newest: store.newest, server: undefined };
    const [address = '', query] = path.split('?');
    return JSON.parse(await reads.get(address, new URLSearchParams(query), context)) as T;
  };
  return {
    read,
    store,
    index,
    append: (row: ReturnType<typeof rowOf>) => store.append(PIPELINE, row, ['x']),
    /** From here on, whatever parses a row fails. */
    damageRows: () => store.database.exec("UPDATE bodies SET body = x'00ff00'"),
    async [Symbol.asyncDispose]() {
      reads.close();
      await index.close();
      store.close();
    },
  };
}

describe('the outline of a large row', () => {
  it('is shown without parsing the row again; a smaller row is parsed', async () => {
    await using server = opened();
    server.append(rowOf(LONG));
    server.append(rowOf(SHORT));
    await server.read('traces?limit=1');
    server.damageRows();
    const detail = await server.read<TraceDetail>('traces/1');
    assert.deepEqual([detail.totalSteps, detail.metadata.plan], [11, 'pro']);
    assert.equal((await server.read<StepColumns>('traces/1/steps?from=9')).parent.length, 2);
    await assert.rejects(server.read('traces/2'));
    await assert.rejects(server.read('traces/1/steps/0'));
  });

  it('has the same facts as the row itself', async () => {
    await using server = opened();
    server.append(rowOf(LONG));
    server.append(rowOf(SHORT));
    const [large, small] = [
      await server.read<TraceDetail>('traces/1'),
      await server.read<TraceDetail>('traces/2'),
    ];
    for (const name of ['metadata', 'steps', 'totalSteps', 'criticalPath'] as const) {
      assert.deepEqual(large[name], small[name], name);
    }
    assert.equal(large.steps[4]?.error, 'no');
    for (const query of ['', '?from=3&count=2', '?from=4', '?from=11']) {
      assert.deepEqual(
        await server.read(`traces/1/steps${query}`),
        await server.read(`traces/2/steps${query}`),
        query,
      );
    }
  });

  it('follows updates of the row, which may make it small, and goes with it', async () => {
    await using server = opened();
    server.append(rowOf(LONG));
    const nameOf = async () => (await server.read<TraceDetail>('traces/1')).steps[1]?.name;
    assert.equal(await nameOf(), 'step 0');
    for (const [text, name] of [
      [LONG, 'other'],
      [SHORT, 'small'],
      [LONG, 'again'],
    ] as const) {
      const [row] = rowOf(text, name).rows;
      if (row) server.store.update({ number: 1, row }, {});
      assert.equal(await nameOf(), `${name} 0`);
    }
    const version = server.index.versionOf(1) ?? '';
    assert.ok(server.index.outline(1, version));
    server.store.remove('x', PIPELINE);
    await server.read('traces?limit=1');
    assert.equal(server.index.outline(1, version), undefined);
  });
});
