import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import { nodeSpoolFiles } from '../../src/platform/node/spool-files.ts';
import type { SpoolFiles } from '../../src/platform/spool-files.ts';
import { Ledger } from '../../src/publish/counts/ledger.ts';
import { QueuedRow } from '../../src/publish/row/queued-row.ts';
import type { SpooledTrace } from '../../src/publish/spool.ts';
import { DiskSpool } from '../../src/spool/disk-spool.ts';
import { Redactor } from '../../src/values/redaction/redactor.ts';

/** A trace as its spool reads it, whose output may still change. */
function traceThat() {
  const facts = { output: '"complete"', revision: 1 };
  const root = { id: 'step-1', name: 'GET /', type: 'user_call', isRunning: false } as const;
  const times = { startMs: 0, endMs: 5, latencyMs: -1 };
  const trace = {
    inferenceId: 'req-1',
    startedAt: Date.now(),
    columns: {},
    soFar: () => ({ name: 'GET /', http: undefined }),
    inputsSoFar: () => undefined,
    outputSoFar: () => undefined,
    recordDeferred: () => {},
    unrecordedSteps: 0,
    endMs: 5,
    get revision() {
      return facts.revision;
    },
    get soFarRevision() {
      return facts.revision;
    },
    get root() {
      return { ...root, ...times, output: facts.output };
    },
  };
  // What is left out is undefined in a trace without it.
  return { facts, trace: trace as unknown as SpooledTrace };
}

const outputOf = (row: QueuedRow | undefined): unknown =>
  row && (JSON.parse(row.text) as { output: unknown }).output;

describe('a spool whose disk fails', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'disk-spool-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  function spoolOn(files: SpoolFiles, ledger = new Ledger()): DiskSpool {
    const config = {
      dir,
      maxBytes: 1e8,
      maxAgeMs: 1e8,
      mode: 'wal',
      durability: 'process',
    } as const;
    return new DiskSpool({
      config,
      files,
      address: 'a pipeline',
      diagnostics: new Diagnostics({ level: 'off' }),
      ledger,
      redactor: new Redactor(),
      runDetached: (fn) => fn(),
    });
  }

  it('keeps the row of the end of a trace later, and not the one that was written ahead', async () => {
    let isFull = false;
    const files: SpoolFiles = {
      ...nodeSpoolFiles,
      append(file, bytes, length) {
        if (isFull) throw new Error('the disk is full');
        return nodeSpoolFiles.append(file, bytes, length);
      },
    };
    const spool = spoolOn(files);
    const { facts, trace } = traceThat();
    spool.recordStart(trace);
    spool.writeAhead(trace);
    facts.output = '"cut off"';
    facts.revision++;
    isFull = true;
    spool.writeAhead(traceThat().trace);
    isFull = false;
    // After a failure, the disk is left alone for a second.
    const row = spool.writeRow(trace);
    await new Promise((resolve) => setTimeout(resolve, 1050));
    const delivery = spool.keepAll([row]);
    assert.equal(delivery.spooled, 1);
    const replayed: QueuedRow[] = [];
    const replay = spool.replay({
      transport: {
        async send({ rows }) {
          replayed.push(...rows);
          return { delivered: rows.length, lost: {} };
        },
        close() {},
      },
      policy: { baseMs: 1, capMs: 1, maxElapsedMs: 1000 },
      limits: { maxBatchRows: 10, maxBatchBytes: 1000 },
    });
    for (let i = 0; replayed.length === 0 && i < 200; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(outputOf(replayed[0]), 'cut off');
    await replay.stop();
    spool.release();
  });

  it('leaves rows where they are that are on a disk that got slow, and counts them there', async () => {
    let waitMs = 0;
    const files: SpoolFiles = {
      ...nodeSpoolFiles,
      append(file, bytes, length) {
        for (const begin = performance.now(); performance.now() - begin < waitMs; );
        return nodeSpoolFiles.append(file, bytes, length);
      },
    };
    const ledger = new Ledger();
    const spool = spoolOn(files, ledger);
    const { trace } = traceThat();
    spool.writeAhead(trace);
    const row = spool.writeRow(trace);
    ledger.queue(row.byteLength);
    ledger.move('queued', [row], spool.keepAll([row]));
    assert.deepEqual([ledger.queued, ledger.spooled], [0, 1]);
    // Two bad windows.
    waitMs = 60;
    for (let i = 0; i < 45; i++) spool.writeAhead(traceThat().trace);
    waitMs = 0;
    let sends = 0;
    const replay = spool.replay({
      transport: {
        async send({ rows }) {
          return sends++ < 2 ? spool.keepAll(rows) : { delivered: rows.length, lost: {} };
        },
        close() {},
      },
      policy: { baseMs: 1, capMs: 1, maxElapsedMs: 1000 },
      limits: { maxBatchRows: 10, maxBatchBytes: 1000 },
    });
    for (let i = 0; ledger.published === 0 && i < 200; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      assert.deepEqual([ledger.queued, ledger.spooled + ledger.published], [0, 1]);
    }
    assert.deepEqual([ledger.published, ledger.spooled, ledger.queuedBytes], [1, 0, 0]);
    await replay.stop();
    spool.release();
  });

  it('writes the start of an open trace again after a failed write', async () => {
    const { trace } = traceThat();
    let hasFailed = false;
    const turns: (() => void)[] = [];
    const spool = spoolOn({
      ...nodeSpoolFiles,
      atTurnEnd: (work) => turns.push(work),
      append(file, bytes, length) {
        if (hasFailed) return nodeSpoolFiles.append(file, bytes, length);
        hasFailed = true;
        throw new Error('the disk failed once');
      },
    });
    spool.recordStart(trace);
    for (const turn of turns.splice(0)) turn();
    assert.equal(hasFailed, true);
    // After a failure, the disk is left alone for a second.
    await new Promise((resolve) => setTimeout(resolve, 1050));
    const another = traceThat();
    spool.writeRow(another.trace);
    const written = readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.wal'))
      .map((path) => readFileSync(join(dir, path), 'latin1'))
      .join('');
    assert.match(written, /GET \/.*"step-1"|"step-1".*GET \//s);
    spool.release();
  });

  it('takes no row over that it cannot write', () => {
    const files: SpoolFiles = {
      ...nodeSpoolFiles,
      append() {
        throw new Error('the disk is full');
      },
    };
    const spool = spoolOn(files);
    const row = new QueuedRow('req-1', '{}', '{"inferenceId":"req-1"}');
    assert.deepEqual([spool.importRow(row), spool.memoryBytes], [false, 0]);
    spool.release();
  });
});
