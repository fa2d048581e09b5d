/** Requests whose spans cannot be written stay in the file for the next start, within limits. */

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { OtlpReceiver } from '../../src/otlp/otlp-receiver.ts';
import type { LocalServerEvents } from '../../src/reports/events.ts';
import { OtlpBodies } from '../../src/storage/otlp-bodies.ts';
import { Store } from '../../src/storage/store.ts';
import { readableSpan, TRACE } from './spans.ts';

const ROOT = '0000000000000001';
const CHILD = '0000000000000002';

describe('requests with spans that cannot be written', () => {
  let folder: string;
  let store: Store;
  let failures: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'otlp-'));
    failures = [];
    openStore();
  });
  afterEach(() => {
    mock.timers.reset();
    store.close();
    rmSync(folder, { recursive: true });
  });

  const openStore = () => {
    store = new Store(join(folder, 'traces.db'));
  };
  const open = () =>
    OtlpReceiver.open(store, new EventEmitter<LocalServerEvents>(), {
      maxBodyBytes: 1000_000,
      quietMs: 50,
      acceptsJson: true,
      onRejected: (_path, reason) => assert.fail(reason),
      onFailure: (message) => failures.push(message),
    });
  const request = (...spans: Parameters<typeof readableSpan>[0][]) => ({
    pipelineId: 'shop',
    contentType: 'application/json',
    encoding: '',
    body: Buffer.from(JsonTraceSerializer.serializeRequest(spans.map(readableSpan)) ?? []),
  });
  const refuseRows = () =>
    store.database.exec(
      "CREATE TRIGGER no_rows BEFORE INSERT ON rows BEGIN SELECT RAISE(ABORT, 'too odd'); END",
    );
  const allowRows = () => store.database.exec('DROP TRIGGER no_rows');
  const kept = () => [...new OtlpBodies(store.database)].length;

  it('are received again at the next start, and their number is reported', async () => {
    const receiver = await open();
    refuseRows();
    mock.timers.enable({ apis: ['setTimeout'] });
    await receiver.receive(
      '/v1/traces',
      request({ id: ROOT, name: 'root' }, { id: CHILD, parent: ROOT }),
    );
    mock.timers.tick(50);
    for (let tries = 0; tries < 22; tries += 1) mock.timers.tick(5000);
    assert.match(failures[0] ?? '', /traces cannot be written: too odd/);
    assert.equal(
      failures[1],
      `2 spans of trace ${TRACE} (shop) cannot be written: the next start tries again`,
    );
    assert.equal(failures.length, 2);
    assert.equal(kept(), 1, 'the request is kept');
    receiver.close();
    mock.timers.reset();
    store.close();

    openStore();
    allowRows();
    (await open()).close();
    assert.deepEqual(
      Array.from(store.each(), ({ row }) => row.steps[0]?.name),
      ['root'],
    );
    assert.equal(kept(), 0);
  });

  it('are removed after ten starts, which is reported', async () => {
    refuseRows();
    const first = await open();
    await first.receive('/v1/traces', request({ id: ROOT }));
    first.close();
    for (let starts = 1; starts <= 10; starts += 1) {
      (await open()).close();
      assert.equal(kept(), 1, `after ${starts} starts`);
    }
    failures = [];
    (await open()).close();
    assert.equal(kept(), 0);
    assert.deepEqual(failures, ['1 requests are lost: no start could write their spans']);
  });

  it('are removed, the oldest first, beyond 256 MiB', () => {
    const bodies = new OtlpBodies(store.database);
    const body = Buffer.alloc(90 * 1024 * 1024);
    const add = () => bodies.add({ ...request(), body });
    const ids = [add(), add(), add()];
    assert.deepEqual(
      ids.map((id) => bodies.postpone(id)),
      [0, 0, 1],
    );
    assert.deepEqual(
      [...bodies].map(({ id }) => id),
      ids.slice(1),
    );
  });
});
