/** Reads of many rows that are large: they are limited by bytes, not by the number of rows alone. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalServer } from '@openlayer-tracing/local';
import { ClientGone } from '../src/http/request-body.ts';
import type { Backend, Call } from '../src/routes/call.ts';
import { listRows } from '../src/routes/list-rows.ts';
import { RowReader } from '../src/storage/row-reader.ts';
import { Store } from '../src/storage/store.ts';
import { call, PIPELINE, requestOf } from './client.js';

const MB = 1024 * 1024;
const ROWS = `/inference-pipelines/${PIPELINE}/rows`;

describe('rows of 4 MB each', () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'openlayer-large-'));
    file = join(folder, 'traces.db');
    const store = new Store(file);
    const image = randomBytes(3 * MB).toString('base64');
    for (let n = 1; n <= 20; n += 1) {
      store.append(PIPELINE, requestOf(`r${n}`, { image: n + image, n }), [`r${n}`]);
    }
    store.close();
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are read a few at a time, all of them', () => {
    const store = new Store(file);
    for (const pipeline of [undefined, PIPELINE]) {
      const before = process.memoryUsage().arrayBuffers;
      const ids: string[] = [];
      for (const { inferenceId } of store.each(pipeline)) {
        if (ids.length === 0) {
          const taken = process.memoryUsage().arrayBuffers - before;
          assert.ok(taken < 20 * MB, `${taken} bytes for the first row`);
        }
        ids.push(inferenceId);
      }
      assert.equal(ids.length, 20);
    }
    const reader = new RowReader(store.database);
    const numbers: number[] = [];
    for (let isEnd = false; !isEnd; ) {
      const some = reader.after(numbers.at(-1) ?? 0, 20);
      numbers.push(...some.records.map(({ id }) => id));
      assert.ok(some.records.length >= 1 && some.records.length <= 2, `${some.records.length}`);
      isEnd = some.isEnd;
    }
    assert.equal(numbers.length, 20);
    store.close();
  });

  it('are listed if a page of them has no more than 32 MB, else the client is told to ask for fewer', async () => {
    await using server = await startLocalServer({ file });
    const pages: [string, object][] = [
      ['', {}],
      ['sortColumn=n&', {}],
      ['', { columnFilters: [{ measurement: 'n', operator: '>', value: 0 }] }],
    ];
    for (const [query, filter] of pages) {
      const list = (perPage: number) =>
        call(server, 'POST', `${ROWS}?${query}perPage=${perPage}`, filter);
      const listed = await list(7);
      assert.equal(listed.status, 200);
      assert.deepEqual(
        listed.body.items.map((row) => row.inferenceId),
        [1, 2, 3, 4, 5, 6, 7].map((n) => `r${n}`),
      );
      const refused = await list(9);
      assert.equal(refused.status, 413);
      assert.match(refused.body.error, /ask for fewer by perPage/);
    }
    assert.deepEqual(server.problems, []);
  });

  it('are filtered with pauses, in which other requests are served', async () => {
    await using server = await startLocalServer({ file });
    const ended: string[] = [];
    const filter = call(server, 'POST', ROWS, { searchQueryAnd: ['found in no row'] });
    const filtered = filter.then(({ body }) => {
      assert.deepEqual(body.items, []);
      ended.push('filter');
    });
    // Another connection, whose request comes after the first one.
    await new Promise((resolve) => setImmediate(resolve));
    await call(server, 'GET', `${ROWS}/none`).then(() => ended.push('other'));
    await filtered;
    assert.deepEqual(ended, ['other', 'filter']);
  });

  it('are read no further once the client of a filter has left', async () => {
    const store = new Store(file);
    let read = 0;
    function* each() {
      for (const row of store.each()) {
        read += 1;
        yield row;
      }
    }
    const backend = { store: { each }, checker: { mode: 'lenient' } } as unknown as Backend;
    const request = {
      pipelineId: PIPELINE,
      query: new URLSearchParams(),
      json: () => ({ exact: { searchQueryAnd: ['found in no row'] } }),
      isAbandoned: () => read >= 5,
    } as unknown as Call;
    await assert.rejects(async () => listRows(request, backend), ClientGone);
    assert.ok(read <= 6, `${read} rows`);
    store.close();
  });
});
