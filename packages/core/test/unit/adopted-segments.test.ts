import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import { nodeSpoolFiles } from '../../src/platform/node/spool-files.ts';
import type { SpoolFiles } from '../../src/platform/spool-files.ts';
import { Ledger } from '../../src/publish/ledger.ts';
import { QueuedRow } from '../../src/publish/queued-row.ts';
import { AdoptedSegments } from '../../src/spool/adopted-segments.ts';
import { SpoolFolder } from '../../src/spool/folder.ts';
import { OwnSegments } from '../../src/spool/own-segments.ts';
import { State } from '../../src/spool/trace-table.ts';

const DEAD = 'host-1-1-dead';

describe('segments of dead processes', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'adopted-segments-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  function folderOf(owner: string, files: SpoolFiles = nodeSpoolFiles): SpoolFolder {
    return new SpoolFolder({
      files: { ...files, owner: () => owner, isAlive: (each) => each !== DEAD },
      config: { dir, maxBytes: 1e8, maxAgeMs: 1e8, mode: 'wal', durability: 'process' },
      destination: 'a pipeline',
      diagnostics: new Diagnostics({ level: 'off' }),
      onFailure: () => {},
    });
  }

  /** Leaves rows behind that wait on disk. */
  function leave(...ids: readonly string[]): void {
    const folder = folderOf(DEAD);
    const own = new OwnSegments(folder, new Ledger(), new AdoptedSegments(folder, () => {}));
    for (const id of ids) {
      const row = new QueuedRow(id, '{}', `{"inferenceId":"${id}"}`);
      own.write((segment) => segment.table.set(segment.appendNewRow(row), State.spooled), {
        isMakingRoom: false,
      });
    }
  }

  it('counts its rows once if another process takes it over while it is read', async () => {
    leave('a', 'b');
    let whileReading: (() => void) | undefined;
    const folder = folderOf('host-1-2-alive', {
      ...nodeSpoolFiles,
      async read(file, target, position) {
        const read = await nodeSpoolFiles.read(file, target, position);
        whileReading?.();
        return read;
      },
    });
    const adopted = new AdoptedSegments(folder, () => {});
    assert.equal(await adopted.adopt(), true);
    const { ledger } = adopted;
    assert.deepEqual([adopted.found, ledger.spooled], [2, 2]);
    whileReading = () => {
      whileReading = undefined;
      const [name = ''] = readdirSync(folder.path).filter((each) => each.endsWith('.wal'));
      renameSync(
        join(folder.path, name),
        join(folder.path, name.replace('host-1-2-alive', 'host-1-3-other')),
      );
      adopted.releaseAdoptedElsewhere();
    };
    assert.deepEqual(await adopted.next(), []);
    assert.deepEqual([adopted.found, ledger.spooled, ledger.dropped], [2, 0, { taken_over: 2 }]);
  });
});
