import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLocalServer } from '@openlayer-tracing/local';
import { lock } from '../src/storage/lock.ts';

const USED = /traces\.db is used by another openlayer-local/;
const LOCK = fileURLToPath(new URL('../src/storage/lock.ts', import.meta.url));

/** Runs a command where it has process ids of its own, as in a container. */
const CONTAINER = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const hasContainers = spawnSync('unshare', [...CONTAINER.slice(1), 'true']).status === 0;

describe('the lock of a file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'openlayer-lock-'));
    file = join(folder, 'traces.db');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is held by one at a time, also within a process', () => {
    const unlock = lock(file);
    assert.throws(() => lock(file), USED);
    assert.throws(() => lock(file), USED);
    unlock();
    lock(file)();
    assert.equal(statSync(`${file}-lock`).mode & 0o077, 0);
    assert.equal(statSync(`${file}-lock`).size, 0);
  });

  it('is held whatever name the file is opened by', () => {
    const link = join(folder, 'link.db');
    writeFileSync(file, '');
    symlinkSync(file, link);
    const unlock = lock(link);
    assert.throws(() => lock(file), USED);
    unlock();
    lock(file)();
  });

  it('is held by a server that a test or a program starts', async () => {
    const server = await startLocalServer({ file });
    await assert.rejects(startLocalServer({ file }), USED);
    await server.close();
    await (await startLocalServer({ file })).close();
  });

  for (const [where, command] of [
    ['another process', [] as string[]],
    ...(hasContainers ? [['a container', CONTAINER] as const] : []),
  ] as const) {
    it(`is held by ${where} until it is killed`, async () => {
      const script = `import { lock } from ${JSON.stringify(LOCK)}; lock(${JSON.stringify(file)}); console.log('held'); setInterval(() => {}, 1000);`;
      const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', script];
      const [program = '', ...args] = [...command, ...node];
      const holder = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
      await once(holder.stdout, 'data');
      assert.throws(() => lock(file), USED);
      process.kill(-(holder.pid ?? 0), 'SIGKILL');
      await once(holder, 'close');
      lock(file)();
    });
  }
});
