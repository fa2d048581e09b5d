import assert from 'node:assert/strict';
import { TraceIndex } from '../../src/index/trace-index.ts';
import { type Database, IN_MEMORY, type SqlValue } from '../../src/storage/database.ts';
import { Store } from '../../src/storage/store.ts';
import { PIPELINE, requestOf } from '../client.js';

/** The connection, whose second read of new rows fails. */
function failingOnce(db: Database): Database {
  let reads = 0;
  return {
    ...db,
    query<T>(sql: string) {
      const query = db.query<T>(sql);
      const all = (...values: SqlValue[]) => {
        if (sql.includes('WHERE rows.id > ?') && ++reads === 2) throw new Error('disk full');
        return query.all(...values);
      };
      return { get: query.get, all };
    },
  };
}

function storeOf(rows: number): Store {
  const store = new Store(IN_MEMORY);
  for (let i = 0; i < rows; i += 1) store.append(PIPELINE, requestOf(`id-${i}`), [`id-${i}`]);
  return store;
}

describe('the index of a file', () => {
  it('goes on after a transaction that was rolled back', async () => {
    const store = storeOf(30);
    const index = new TraceIndex(failingOnce(store.database), IN_MEMORY);
    await assert.rejects(index.catchUp(), /disk full/);
    await index.catchUp();
    assert.equal(index.facts.count, 30);
    assert.equal([...index.search.matches('id', 1, 30)].flat().length, 30);
    await index.close();
    store.close();
  });

  it('has a row whose body cannot be decoded, with the reason, and all other rows', async () => {
    const store = storeOf(3);
    store.database.exec("UPDATE bodies SET body = x'00ff00' WHERE id = 2");
    const index = new TraceIndex(store.database, IN_MEMORY);
    await index.catchUp();
    assert.equal(index.facts.count, 3);
    assert.match(index.summary(2) ?? '', /"error":"the row cannot be read: /);
    await index.close();
    store.close();
  });
});
