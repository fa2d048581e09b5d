/** A spool that releases its files while its replay is at work. */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import { nodeSpoolFiles } from '../../src/platform/node/spool-files.ts';
import type { SpoolFiles } from '../../src/platform/spool-files.ts';
import { Ledger } from '../../src/publish/counts/ledger.ts';
import { QueuedRow } from '../../src/publish/row/queued-row.ts';
import { DiskSpool } from '../../src/spool/disk-spool.ts';
import { Redactor } from '../../src/values/redaction/redactor.ts';

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const rowOf = (id: string) => new QueuedRow(id, '{}', `{"inferenceId":"${id}"}`);

describe('a spool that is released while its replay is at work', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'released-spool-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  function spoolOf(owner: string, files: Partial<SpoolFiles> = {}): DiskSpool {
    return new DiskSpool({
      config: { dir, maxBytes: 1e8, maxAgeMs: 1e8, mode: 'wal', durability: 'process' },
      files: {
        ...nodeSpoolFiles,
        owner: () => owner,
        isAlive: (each) => each !== 'host-1-1-dead',
        ...files,
      },
      address: 'a pipeline',
      diagnostics: new Diagnostics({ level: 'off' }),
      ledger: new Ledger(),
      redactor: new Redactor(),
      runDetached: (fn) => fn(),
    });
  }

  /** Leaves rows behind, and replays them in batches of one row. */
  function replayOf(spool: DiskSpool, whileSending: (sent: readonly string[]) => Promise<void>) {
    const sent: string[] = [];
    const send = async ({ rows }: { readonly rows: readonly QueuedRow[] }) => {
      sent.push(...rows.map(({ inferenceId, arrival }) => `${inferenceId} ${arrival}`));
      await whileSending(sent);
      return { delivered: rows.length, lost: {} };
    };
    const replay = spool.replay({
      transport: spool.withKeeping(spool.withSendLog({ send, close() {} })),
      policy: { baseMs: 1, capMs: 1, maxElapsedMs: 1000 },
      limits: { maxBatchRows: 1, maxBatchBytes: 1000 },
    });
    return { sent, replay };
  }

  const filesIn = () =>
    readdirSync(dir, { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.wal'));

  it('sends each row of its own once if a row is under way', async () => {
    const spool = spoolOf('host-1-1-alive');
    spool.keepAll(['a', 'b', 'c'].map(rowOf));
    const { sent, replay } = replayOf(spool, async () => {
      if (sent.length === 1) spool.release();
      await sleep(5);
    });
    while (!replay.isIdle) await sleep(5);
    assert.deepEqual(sent, ['a not_arrived', 'b not_arrived', 'c not_arrived']);
    spool.release();
    assert.deepEqual(filesIn(), []);
    await replay.stop();
  });

  it('gives its files up once the replay is stopped', async () => {
    const spool = spoolOf('host-1-1-alive');
    spool.keepAll(['a', 'b'].map(rowOf));
    const { replay } = replayOf(spool, () => sleep(5));
    spool.release();
    assert.equal(
      filesIn().some((name) => name.includes('.0.wal')),
      false,
    );
    await replay.stop();
    spool.release();
    assert.equal(
      filesIn().some((name) => name.includes('.0.wal')),
      true,
    );
  });

  it('sends each row of a dead process once if a row is under way', async () => {
    spoolOf('host-1-1-dead').keepAll(['a', 'b', 'c'].map(rowOf));
    const spool = spoolOf('host-1-1-alive');
    const { sent, replay } = replayOf(spool, async () => {
      if (sent.length === 1) spool.release();
      await sleep(5);
    });
    while (!replay.isIdle) await sleep(5);
    assert.deepEqual(sent, ['a not_arrived', 'b not_arrived', 'c not_arrived']);
    assert.deepEqual(
      [spool.adoptedRows, spool.adopted.published, spool.adopted.spooled],
      [3, 3, 0],
    );
    assert.deepEqual(filesIn(), []);
    await replay.stop();
    spool.release();
  });

  it('sends each row once if a file is being adopted', async () => {
    spoolOf('host-1-1-dead').keepAll(['a', 'b', 'c'].map(rowOf));
    let hasReleased = false;
    const spool: DiskSpool = spoolOf('host-1-1-alive', {
      async read(file, target, position) {
        if (!hasReleased) spool.release();
        hasReleased = true;
        return await nodeSpoolFiles.read(file, target, position);
      },
    });
    const { sent, replay } = replayOf(spool, () => sleep(5));
    while (!replay.isIdle) await sleep(5);
    assert.deepEqual(sent, ['a not_arrived', 'b not_arrived', 'c not_arrived']);
    assert.deepEqual(
      [spool.adoptedRows, spool.adopted.published, spool.adopted.spooled],
      [3, 3, 0],
    );
    assert.deepEqual(filesIn(), []);
    await replay.stop();
    spool.release();
  });
});
