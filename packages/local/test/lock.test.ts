import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { lock } from '../src/cli/lock.ts';
import type { Terminal } from '../src/cli/terminal.ts';

const [STALE, FIRST, SECOND] = [111, 222, 333];

/** The process with this id. Processes `FIRST` and `SECOND` run. */
function processOf(pid: number, onLook: (pid: number) => void = () => {}): Terminal {
  const isRunning = (other: number) => {
    onLook(other);
    return other === FIRST || other === SECOND;
  };
  return { pid, isRunning } as unknown as Terminal;
}

describe('the lock of a file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'openlayer-lock-'));
    file = join(folder, 'traces.db');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is taken over from a process that has ended, and removed at the end', () => {
    writeFileSync(`${file}.lock`, `${STALE}\n`);
    const unlock = lock(file, processOf(FIRST));
    assert.throws(() => lock(file, processOf(SECOND)), /used by another .* \(process 222\)/);
    unlock();
    lock(file, processOf(SECOND))();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is taken over by one of two processes that find its holder has ended', () => {
    writeFileSync(`${file}.lock`, `${STALE}\n`);
    let isTaken = false;
    const second = processOf(SECOND, () => {
      if (isTaken) return;
      isTaken = true;
      lock(file, processOf(FIRST));
    });
    assert.throws(() => lock(file, second), /process 222/);
    assert.match(readFileSync(`${file}.lock`, 'utf8'), /^222 /);
    assert.deepEqual(readdirSync(folder), ['traces.db.lock']);
  });

  it('is not taken over while its holder writes its process id', async () => {
    writeFileSync(`${file}.lock`, '');
    const write = `setTimeout(() => require('fs').writeFileSync(${JSON.stringify(`${file}.lock`)}, '222'), 50)`;
    const worker = new Worker(write, { eval: true });
    await new Promise((resolve) => worker.once('online', resolve));
    assert.throws(() => lock(file, processOf(SECOND)), /process 222/);
    await worker.terminate();
  });

  it('is not removed by the process that held it before', () => {
    const unlock = lock(file, processOf(FIRST));
    writeFileSync(`${file}.lock`, '333 other\n');
    unlock();
    assert.equal(readFileSync(`${file}.lock`, 'utf8'), '333 other\n');
  });
});
