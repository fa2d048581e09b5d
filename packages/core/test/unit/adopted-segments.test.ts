import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import { nodeSpoolFiles } from '../../src/platform/node/spool-files.ts';
import type { SpoolFiles } from '../../src/platform/spool-files.ts';
import { Ledger } from '../../src/publish/counts/ledger.ts';
import { QueuedRow } from '../../src/publish/row/queued-row.ts';
import { AdoptedSegments } from '../../src/spool/folder/adopted-segments.ts';
import { OwnSegments } from '../../src/spool/folder/own-segments.ts';
import { SpoolFolder } from '../../src/spool/folder/spool-folder.ts';
import { isAdoptedByOther } from '../../src/spool/segment/segment-position.ts';
import { useLaterClock } from '../later-clock.ts';

const DEAD = 'host-1-1-dead';

describe('segments of dead processes', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'adopted-segments-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  function folderOf(
    owner: string,
    files: SpoolFiles = nodeSpoolFiles,
    reasons: string[] = [],
  ): SpoolFolder {
    return new SpoolFolder({
      files: { ...files, owner: () => owner, isAlive: (each) => !each.endsWith('dead') },
      config: { dir, maxBytes: 1e8, maxAgeMs: 1e8, mode: 'wal', durability: 'process' },
      address: 'a pipeline',
      diagnostics: new Diagnostics({ onDiagnostic: ({ reason }) => reasons.push(reason) }),
    });
  }

  function ownSegmentsOf(folder: SpoolFolder): OwnSegments {
    const adopted = new AdoptedSegments(folder);
    return new OwnSegments({ folder, adopted, ledger: new Ledger(), runDetached: (fn) => fn() });
  }

  /** Leaves rows behind that wait on disk. */
  function leave(...ids: readonly string[]): void {
    const own = ownSegmentsOf(folderOf(DEAD));
    for (const id of ids) {
      const row = new QueuedRow(id, '{}', `{"inferenceId":"${id}"}`);
      const position = own.append(undefined, row);
      position?.segment.setSpooled(position.number, false);
    }
  }

  it('counts its rows once if another process adopts it while it is read', async () => {
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
    const adopted = new AdoptedSegments(folder);
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
      adopted.closeAdoptedByOther();
    };
    assert.deepEqual(await adopted.next(), []);
    assert.deepEqual([adopted.found, ledger.spooled, ledger.dropped], [2, 0, { taken_over: 2 }]);
  });

  it('has interrupted rows, which are not sent if another process adopted it before that', async () => {
    const own = ownSegmentsOf(folderOf(DEAD));
    const traceId = '1'.repeat(32);
    const start = `{"inferenceId":"open","startedAt":1700000000000,"name":"GET /","traceId":"${traceId}"}`;
    own.addStart(start);
    own.writeStarts();
    const folder = folderOf('host-1-2-alive');
    const adopted = new AdoptedSegments(folder);
    assert.equal(await adopted.adopt(), true);
    const [row] = await adopted.next();
    assert.equal(row?.inferenceId, 'open');
    const sent = JSON.parse(row?.text ?? '') as Record<string, Record<string, unknown>>;
    assert.deepEqual([sent.trace_id, sent.metadata?.trace_id], [traceId, traceId]);
    assert.ok(row);
    assert.equal(isAdoptedByOther(row), false);
    const [name = ''] = readdirSync(folder.path).filter((each) => each.endsWith('.wal'));
    renameSync(
      join(folder.path, name),
      join(folder.path, name.replace('host-1-2-alive', 'host-1-3-other')),
    );
    adopted.closeAdoptedByOther();
    assert.equal(isAdoptedByOther(row), true);
  });

  it('is left to the process that is adopting it, also if it waited for longer than a lease', async () => {
    leave('a', 'b');
    const other = new AdoptedSegments(folderOf('host-1-3-other'));
    let whileReading: (() => Promise<void>) | undefined;
    const folder = folderOf('host-1-2-alive', {
      ...nodeSpoolFiles,
      async read(file, target, position) {
        const read = await nodeSpoolFiles.read(file, target, position);
        await whileReading?.();
        return read;
      },
    });
    const [name = ''] = readdirSync(folder.path);
    const longAgo = new Date(Date.now() - 600_000);
    utimesSync(join(folder.path, name), longAgo, longAgo);
    const found: boolean[] = [];
    whileReading = async () => {
      whileReading = undefined;
      found.push(await other.adopt());
    };
    const adopted = new AdoptedSegments(folder);
    assert.deepEqual([await adopted.adopt(), found], [true, [false]]);
    assert.deepEqual(
      (await adopted.next()).map(({ inferenceId }) => inferenceId),
      ['a', 'b'],
    );
    adopted.release();
    assert.equal(await other.adopt(), true);
    other.release();
  });

  describe('of a process that runs', () => {
    const clock = useLaterClock();

    it('are left to it while it may renew leases that ended when the clock of the machine jumped', async () => {
      const folder = folderOf('host-1-1-alive');
      const own = ownSegmentsOf(folder);
      const row = new QueuedRow('a', '{}', '{"inferenceId":"a"}');
      const position = own.append(undefined, row);
      position?.segment.setSpooled(position.number, false);
      const [name = ''] = readdirSync(folder.path);
      const age = (ms: number) => {
        const at = new Date(Date.now() - ms);
        utimesSync(join(folder.path, name), at, at);
      };
      const adopted = new AdoptedSegments(folderOf('host-1-2-alive'));
      age(3_600_000);
      assert.equal(await adopted.adopt(), false);
      clock.laterMs += 11_000;
      assert.equal(await adopted.adopt(), false);
      age(1000);
      assert.equal(await adopted.adopt(), false);
      // Renewed and stopped since.
      age(1_800_000);
      clock.laterMs += 60_000;
      assert.equal(await adopted.adopt(), false);
      clock.laterMs += 12_000;
      assert.equal(await adopted.adopt(), true);
      adopted.release();
    });

    it('are judged by the clock of the system, not by one that a test sets', async () => {
      const folder = folderOf('host-1-1-alive');
      const own = ownSegmentsOf(folder);
      const position = own.append(undefined, new QueuedRow('a', '{}', '{"inferenceId":"a"}'));
      position?.segment.setSpooled(position.number, false);
      const { now } = Date;
      Date.now = () => now() + 86_400_000;
      try {
        const adopted = new AdoptedSegments(folderOf('host-1-2-alive'));
        assert.equal(await adopted.adopt(), false);
        clock.laterMs += 60_000;
        assert.equal(await adopted.adopt(), false);
      } finally {
        Date.now = now;
      }
    });
  });

  it('has rows to be looked up, if it is old, also after the process that adopted it has ended', async () => {
    leave('a', 'b');
    const folder = folderOf('host-1-2-dead');
    const [name = ''] = readdirSync(folder.path);
    const longAgo = new Date(Date.now() - 7_200_000);
    utimesSync(join(folder.path, name), longAgo, longAgo);
    assert.equal(await new AdoptedSegments(folder).adopt(), true);
    const adopted = new AdoptedSegments(folderOf('host-1-3-alive'));
    assert.equal(await adopted.adopt(), true);
    assert.deepEqual(
      (await adopted.next()).map(({ inferenceId, arrival }) => [inferenceId, arrival]),
      [
        ['a', 'unknown'],
        ['b', 'unknown'],
      ],
    );
    adopted.release();
  });

  it('is released without a failure if another process adopts it at once', async () => {
    leave('a');
    const { files, path } = folderOf('host-1-2-alive');
    const reasons: string[] = [];
    const folder = folderOf(
      'host-1-2-alive',
      {
        ...nodeSpoolFiles,
        rename(from, to) {
          const isRenamed = nodeSpoolFiles.rename(from, to);
          if (to.includes('alive')) renameSync(to, to.replace('host-1-2-alive', 'host-1-3-other'));
          return isRenamed;
        },
      },
      reasons,
    );
    const adopted = new AdoptedSegments(folder);
    assert.equal(await adopted.adopt(), false);
    assert.deepEqual([reasons, adopted.found], [[], 0]);
    assert.equal(files.list(path).length, 1);
  });

  /** Damages the first row of the only segment. */
  function damage({ path }: SpoolFolder): void {
    const [name = ''] = readdirSync(path);
    const bytes = readFileSync(join(path, name));
    bytes[30] = (bytes[30] ?? 0) ^ 0xff;
    writeFileSync(join(path, name), bytes);
  }

  const failWith = (code: string) => {
    throw Object.assign(new Error(code), { code });
  };

  const FAILURES: Readonly<Record<string, (files: SpoolFiles) => Partial<SpoolFiles>>> = {
    'its damaged bytes cannot be kept': ({ create }) => ({
      create: (path) => (path.includes('quarantine') ? failWith('ENOSPC') : create(path)),
    }),
    'its damaged bytes can be kept in part only': ({ append }) => ({
      append: (file, bytes) => append(file, bytes, 1),
    }),
    'it cannot be opened': () => ({ open: () => failWith('EMFILE') }),
    'it cannot be read': () => ({ read: async () => failWith('EIO') }),
    'its lease cannot be begun': () => ({ touch: () => failWith('EIO') }),
    'it cannot be recognised': () => ({ identityOf: () => failWith('EIO') }),
  };
  for (const [what, failing] of Object.entries(FAILURES)) {
    it(`is left to another process, and tried again a minute later, if ${what}`, async () => {
      leave('a', 'b');
      let isFailing = true;
      let open = 0;
      let adoptions = 0;
      const reasons: string[] = [];
      const files: SpoolFiles = {
        ...nodeSpoolFiles,
        rename: (from, to) => {
          if (to.includes('alive')) adoptions++;
          return nodeSpoolFiles.rename(from, to);
        },
        open: (path) => {
          const file = nodeSpoolFiles.open(path);
          open++;
          return file;
        },
        create: (path) => {
          const file = nodeSpoolFiles.create(path);
          open++;
          return file;
        },
        closeFile: (file) => {
          nodeSpoolFiles.closeFile(file);
          open--;
        },
      };
      const faults = failing(files);
      const folder = folderOf(
        'host-1-2-alive',
        Object.fromEntries(
          Object.entries({ ...files, ...faults }).map(([name, method]) => [
            name,
            (...args: never[]) =>
              (isFailing ? method : (files[name as keyof SpoolFiles] as typeof method))(
                ...(args as unknown as [never, never, never]),
              ),
          ]),
        ) as unknown as SpoolFiles,
        reasons,
      );
      damage(folder);
      const adopted = new AdoptedSegments(folder);
      assert.equal(await adopted.adopt(), false);
      assert.deepEqual([adopted.found, adopted.segment, open], [0, undefined, 0]);
      const failures = reasons.length;
      assert.equal(reasons[0], 'spool_failed');
      // Not at each look for more rows, since a failure pauses all writes.
      assert.equal(await adopted.adopt(), false);
      assert.deepEqual([reasons.length, adoptions], [failures, 1]);
      assert.deepEqual(
        files.list(join(folder.path, 'quarantine')).filter((name) => name.endsWith('.damaged')),
        [],
      );

      const other = new AdoptedSegments(folderOf('host-1-3-other'));
      assert.equal(await other.adopt(), true);
      other.release();
      isFailing = false;
      const { now } = performance;
      performance.now = () => now.call(performance) + 61_000;
      try {
        assert.equal(await adopted.adopt(), true);
      } finally {
        performance.now = now;
      }
      assert.deepEqual(
        (await adopted.next()).map(({ inferenceId }) => inferenceId),
        ['b'],
      );
      adopted.release();
      assert.equal(open, 0);
    });
  }

  it('says of a file that cannot be read that its rows stay on disk', async () => {
    leave('a');
    let isFailing = false;
    const messages: string[] = [];
    const folder = new SpoolFolder({
      files: {
        ...nodeSpoolFiles,
        owner: () => 'host-1-2-alive',
        isAlive: () => false,
        read: async (...args) => {
          if (isFailing) throw new Error('EIO');
          return nodeSpoolFiles.read(...args);
        },
      },
      config: { dir, maxBytes: 1e8, maxAgeMs: 1e8, mode: 'wal', durability: 'process' },
      address: 'a pipeline',
      diagnostics: new Diagnostics({ onDiagnostic: ({ message }) => messages.push(message) }),
    });
    const adopted = new AdoptedSegments(folder);
    assert.equal(await adopted.adopt(), true);
    isFailing = true;
    assert.deepEqual(await adopted.next(), []);
    assert.match(messages.join(), /^cannot read .*\.wal; its rows stay on disk/);
    assert.ok(folder.isPaused);
  });
});
