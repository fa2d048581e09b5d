import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import { nodeSpoolFiles } from '../../src/platform/node/spool-files.ts';
import { withVerification } from '../../src/publish/chain/with-verification.ts';
import { Ledger } from '../../src/publish/counts/ledger.ts';
import { QueuedRow } from '../../src/publish/row/queued-row.ts';
import type { RowDelivery, RowTransport } from '../../src/publish/transport/row-transport.ts';
import { SendError } from '../../src/publish/transport/send-error.ts';
import { DiskSpool } from '../../src/spool/disk-spool.ts';
import { Redactor } from '../../src/values/redaction/redactor.ts';
import { useLaterClock } from '../later-clock.ts';

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const DELIVERED = { delivered: 1, lost: {} };
const NEVER = new Promise<RowDelivery>(() => {});

type Send = RowTransport['send'];

/** What a later process finds: the ID of each row, and whether it is looked up before it is sent. */
type Found = readonly (readonly [id: string, isLookedUp: boolean])[];

describe('rows at the exit of a process whose disk could not be written to', () => {
  const clock = useLaterClock();
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'rows-at-exit-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  /** A process with a spool, whose rows are in memory alone. */
  function processNamed(owner: string) {
    const exitWork = new Set<() => void>();
    const disk = { isFull: false };
    const spool = new DiskSpool({
      config: { dir, maxBytes: 1e8, maxAgeMs: 1e8, mode: 'failure-only', durability: 'process' },
      files: {
        ...nodeSpoolFiles,
        owner: () => owner,
        isAlive: (each) => each !== 'host-1-1-dead',
        append(file, bytes, length) {
          if (disk.isFull) throw new Error('the disk is full');
          return nodeSpoolFiles.append(file, bytes, length);
        },
        onExit(work) {
          exitWork.add(work);
          return () => exitWork.delete(work);
        },
      },
      address: 'a pipeline',
      diagnostics: new Diagnostics({ level: 'off' }),
      ledger: new Ledger(),
      redactor: new Redactor(),
      runDetached: (fn) => fn(),
    });
    const lookedUp = new Set<string>();
    const transportThat = (send: Send) => {
      const sender = spool.withSendLog({ send, close() {} });
      const lookUp = (id: string) => {
        lookedUp.add(id);
        return Promise.resolve(false);
      };
      const options = { paceMs: 0, rowsThatMayHaveArrived: () => [] };
      return spool.withKeeping(withVerification(sender, lookUp, options));
    };
    return {
      disk,
      spool,
      lookedUp,
      transportThat,
      replayBy: (send: Send) =>
        spool.replay({
          transport: transportThat(send),
          policy: { baseMs: 1, capMs: 1, maxElapsedMs: 1000 },
          limits: { maxBatchRows: 1, maxBatchBytes: 1000 },
        }),
      exit() {
        for (const work of exitWork) work();
        // Nothing of it runs any more.
        disk.isFull = true;
      },
    };
  }

  /** What the next process sends. */
  async function found(): Promise<Found> {
    const { spool, lookedUp, replayBy } = processNamed('host-1-1-next');
    const rows: [string, boolean][] = [];
    const replay = replayBy(({ rows: [row] }) => {
      if (row !== undefined) rows.push([row.inferenceId, lookedUp.has(row.inferenceId)]);
      return Promise.resolve(DELIVERED);
    });
    while (!replay.isIdle) await sleep(5);
    await replay.stop();
    spool.release();
    return rows.sort();
  }

  /** The rows `a`, `b` and so on. */
  const rowsOf = (ids: string) => [...ids].map((id) => new QueuedRow(id, '{}', `{"id":"${id}"}`));
  const batchOf = (rows: readonly QueuedRow[]) => ({ rows, layout: '{}', byteLength: 100 });

  /** Sends rows one by one as the parts of one batch, which is in flight all the time. */
  function inFlight(by: (row: string) => Promise<RowDelivery>) {
    return async ({ spool, transportThat }: ReturnType<typeof processNamed>) => {
      const rows = rowsOf('abc');
      spool.keepRowsAtExit(() => rows);
      const transport = transportThat(({ rows: [row] }) => by(String(row?.inferenceId)));
      const { signal } = new AbortController();
      for (const row of rows) {
        const sending = transport.send(batchOf([row]), { signal, isReplay: false });
        await Promise.race([sending, sleep(5)]);
      }
    };
  }

  /** Keeps rows while the disk is full, and sends them from memory. */
  function replayed(by: (row: string) => Promise<RowDelivery>) {
    return async ({ disk, spool, replayBy }: ReturnType<typeof processNamed>) => {
      spool.keepRowsAtExit(() => []);
      disk.isFull = true;
      spool.keepAll(rowsOf('abc'));
      disk.isFull = false;
      const sent: string[] = [];
      replayBy(({ rows: [row] }) => {
        sent.push(String(row?.inferenceId));
        return by(String(row?.inferenceId));
      });
      while (sent.length === 0) await sleep(5);
      await sleep(20);
    };
  }

  const ALL: Found = [
    ['a', false],
    ['b', false],
    ['c', false],
  ];

  for (const [what, arrange, expected] of [
    [
      'that are queued',
      async ({ spool }) => {
        spool.keepRowsAtExit(() => rowsOf('abc'));
      },
      ALL,
    ],
    [
      'that are being sent',
      inFlight(() => NEVER),
      [
        ['a', true],
        ['b', true],
        ['c', true],
      ],
    ],
    [
      'whose batch is delivered in part',
      inFlight((row) => (row === 'a' ? Promise.resolve(DELIVERED) : NEVER)),
      [
        ['b', true],
        ['c', true],
      ],
    ],
    [
      'whose batch is refused in part',
      inFlight((row) => (row === 'a' ? Promise.reject(new SendError('rejected', '422')) : NEVER)),
      [
        ['b', true],
        ['c', true],
      ],
    ],
    [
      'that wait in memory',
      async ({ disk, spool }) => {
        spool.keepRowsAtExit(() => []);
        disk.isFull = true;
        spool.keepAll(rowsOf('abc'));
        disk.isFull = false;
      },
      ALL,
    ],
    [
      'that wait in memory when it is shut down',
      async ({ disk, spool }) => {
        const unregister = spool.keepRowsAtExit(() => []);
        disk.isFull = true;
        spool.keepAll(rowsOf('abc'));
        disk.isFull = false;
        spool.release();
        unregister();
      },
      ALL,
    ],
    [
      'that wait in memory when it is shut down, until after that',
      async ({ disk, spool }) => {
        const unregister = spool.keepRowsAtExit(() => []);
        disk.isFull = true;
        spool.keepAll(rowsOf('abc'));
        spool.release();
        unregister();
        disk.isFull = false;
      },
      ALL,
    ],
    [
      'that are being sent again',
      replayed(() => NEVER),
      [
        ['a', true],
        ['b', false],
        ['c', false],
      ],
    ],
    [
      'some of which are sent again',
      replayed((row) => (row === 'a' ? Promise.resolve(DELIVERED) : NEVER)),
      [
        ['b', true],
        ['c', false],
      ],
    ],
    [
      'that are refused for now when they are sent again',
      replayed(() => Promise.reject(new SendError('busy', '503'))),
      ALL,
    ],
    [
      'whose connection breaks when they are sent again',
      replayed(() => Promise.reject(new SendError('unreachable', '', { isAmbiguous: true }))),
      [
        ['a', true],
        ['b', false],
        ['c', false],
      ],
    ],
  ] satisfies readonly (readonly [
    string,
    (process: ReturnType<typeof processNamed>) => Promise<void>,
    Found,
  ])[]) {
    it(`are kept once each, and looked up if they may have arrived: ${what}`, async () => {
      const process = processNamed('host-1-1-dead');
      await arrange(process);
      process.exit();
      clock.laterMs += 60_000;
      assert.deepEqual(await found(), expected);
    });
  }
});
