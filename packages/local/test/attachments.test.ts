/** The folder of uploaded files, where writing fails or a process was killed. */

import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAttachments } from '../src/storage/attachments.ts';

const MIB = 1024 * 1024;
const idOf = (n: number) => n.toString(16).padStart(32, '0');

describe('the folder of attachments', () => {
  let root: string;
  let file: string;
  let folder: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'openlayer-attachments-'));
    file = join(root, 'traces.db');
    folder = `${file}-attachments`;
    mkdirSync(folder);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  /** A file without contents that is `mib` long, `n` seconds after 1970. */
  function sparse(n: number, mib: number): void {
    const path = join(folder, idOf(n));
    writeFileSync(path, '');
    truncateSync(path, mib * MIB);
    utimesSync(path, n, n);
  }
  const names = () => readdirSync(folder).sort();

  it('is brought within its limit at the first upload, and has no parts of interrupted uploads', async () => {
    for (const n of [1, 2, 3]) sparse(n, 250);
    writeFileSync(join(folder, `${idOf(4)}.part`), 'half');
    await openAttachments(file).add(idOf(5), Buffer.from('five'));
    assert.deepEqual(names(), [idOf(2), idOf(3), idOf(5)]);
  });

  it('deletes no file for an upload that cannot be written, and the oldest for the next', async () => {
    sparse(1, 500);
    const attachments = openAttachments(file);
    await attachments.add(idOf(2), Buffer.from('two'));
    renameSync(folder, `${folder}-moved`);
    await assert.rejects(attachments.add(idOf(3), Buffer.alloc(20 * MIB)), /ENOENT/);
    renameSync(`${folder}-moved`, folder);
    assert.deepEqual(names(), [idOf(1), idOf(2)]);
    await attachments.add(idOf(4), Buffer.alloc(20 * MIB));
    assert.deepEqual(names(), [idOf(2), idOf(4)]);
  });

  it('keeps no part of an upload whose name cannot be taken', async () => {
    const attachments = openAttachments(file);
    mkdirSync(join(folder, idOf(1)));
    writeFileSync(join(folder, idOf(1), 'x'), '');
    await assert.rejects(attachments.add(idOf(1), Buffer.from('one')));
    assert.deepEqual(names(), [idOf(1)]);
  });
});
