import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTraceFile } from '../src/cli/trace-file-reader.ts';
import { requestOf, send } from './client.js';
import { lenientServer } from './page/read.ts';

/** A user who owns nothing. The superuser may write everywhere, whatever the mode of a folder is. */
const NOBODY = 65_534;

describe('traces in a folder that cannot be written', () => {
  let folder: string;
  before(function () {
    if (process.platform === 'win32') this.skip();
    folder = mkdtempSync(join(tmpdir(), 'openlayer-read-only-'));
  });
  after(() => {
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o700);
    rmSync(folder, { recursive: true });
  });

  /** A copy of the folder of a server's file, where nothing can be written. */
  async function readOnlyCopy(name: string, isRunning: boolean): Promise<string> {
    const original = join(folder, `${name}-original`);
    const copy = join(folder, name);
    mkdirSync(original);
    const file = join(original, 'traces #1?.db');
    {
      await using server = await lenientServer(file);
      for (const id of ['a', 'b']) await send(server, requestOf(id));
      if (isRunning) cpSync(original, copy, { recursive: true });
    }
    if (!isRunning) cpSync(original, copy, { recursive: true });
    chmodSync(folder, 0o755);
    for (const each of readdirSync(copy)) chmodSync(join(copy, each), 0o444);
    chmodSync(copy, 0o555);
    return join(copy, 'traces #1?.db');
  }

  async function asNobody(run: () => Promise<void>): Promise<void> {
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(NOBODY);
    try {
      await run();
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  }

  for (const [what, isRunning] of [
    ['after the server has ended', false],
    ['while a server runs, or after it was killed', true],
  ] as const) {
    it(`are listed, searched and shown, ${what}`, async () => {
      const file = await readOnlyCopy(isRunning ? 'running' : 'ended', isRunning);
      await asNobody(async () => {
        using traces = openTraceFile(file);
        const idsOf = async (words: readonly string[]) =>
          (await traces.list(words, 10)).traces.map(({ inferenceId }) => inferenceId);
        assert.deepEqual(await idsOf([]), ['b', 'a']);
        assert.deepEqual(await idsOf(['a']), ['a']);
        assert.equal(traces.find('1')?.inferenceId, 'a');
      });
    });
  }
});
