import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import { nodeSpoolFiles } from '../../src/platform/node/spool-files.ts';
import type { SpoolFiles } from '../../src/platform/spool-files.ts';
import { Ledger } from '../../src/publish/counts/ledger.ts';
import { QueuedRow } from '../../src/publish/row/queued-row.ts';
import { backlogOf, purge } from '../../src/spool/command/backlog.ts';
import { BUFFER_FILE, parseBuffer } from '../../src/spool/command/official-buffers.ts';
import { AdoptedSegments } from '../../src/spool/folder/adopted-segments.ts';
import { OwnSegments } from '../../src/spool/folder/own-segments.ts';
import { SpoolFolder } from '../../src/spool/folder/spool-folder.ts';

const DEAD = 'host-1-1-dead';
const ALIVE = 'host-1-2-alive';

describe('what waits in a spool folder', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'spool-command-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const filesOf = (owner: string): SpoolFiles => ({
    ...nodeSpoolFiles,
    owner: () => owner,
    isAlive: (each) => !each.endsWith('dead'),
  });

  /** Writes a trace that has only begun, two rows, of which one is sent, and one that is finished. */
  function leave(owner: string): SpoolFolder {
    const folder = new SpoolFolder({
      files: filesOf(owner),
      config: { dir, maxBytes: 1e8, maxAgeMs: 1e8, mode: 'wal', durability: 'process' },
      address: 'a pipeline',
      diagnostics: new Diagnostics({ level: 'off' }),
    });
    const adopted = new AdoptedSegments(folder);
    const ledger = new Ledger();
    const own = new OwnSegments({ folder, adopted, ledger, runDetached: (fn) => fn() });
    own.addStart('{}');
    own.writeStarts();
    for (const id of ['sent', 'not arrived', 'done']) {
      const position = own.append(undefined, new QueuedRow(id, '{}', '{}'));
      assert.ok(position);
      if (id === 'sent') position.segment.recordSent([position.number]);
      if (id === 'not arrived') position.segment.recordNotArrived([position.number]);
      if (id === 'done') position.segment.finishTraces([position.number]);
    }
    return folder;
  }

  it('is counted by pipeline: traces of dead processes, and files of living ones', async () => {
    const { path } = leave(DEAD);
    leave(ALIVE);
    writeFileSync(join(dir, 'notes.txt'), 'not ours');
    const [found, ...others] = await backlogOf(filesOf('host-1-3-command'), dir);
    assert.ok(found);
    const { bytes, ...counts } = found;
    assert.deepEqual(counts, { folder: path, waiting: 3, ownedByOthers: 1 });
    const sizes = readdirSync(path).map((name) => nodeSpoolFiles.stat(join(path, name))?.bytes);
    assert.deepEqual([bytes, others], [sizes.reduce((a, b) => (a ?? 0) + (b ?? 0), 0), []]);
  });

  it('is deleted, except the files of living processes', async () => {
    const { path, quarantine } = leave(DEAD);
    leave(ALIVE);
    quarantine.add(new QueuedRow('refused', '{}', '{}'), new Ledger());
    const purged = await purge(filesOf('host-1-3-command'), dir);
    assert.deepEqual(purged, [{ folder: path, deleted: 3, ownedByOthers: 1 }]);
    assert.deepEqual(readdirSync(quarantine.path), []);
    const left = readdirSync(path).filter((name) => name.endsWith('.wal'));
    assert.deepEqual([left.length, left[0]?.includes(ALIVE)], [1, true]);
  });
});

describe('a buffer of another SDK', () => {
  const configOf = (text: string) => JSON.parse(parseBuffer(text)?.row.layout ?? 'null');

  it('is a row that may have arrived, of a pipeline', () => {
    const buffer = parseBuffer(
      JSON.stringify({
        traceData: { inferenceId: 'req-1', output: 'ok' },
        config: { outputColumnName: 'output', inferenceIdColumnName: 'id' },
        inferencePipelineId: 'pipeline-1',
      }),
    );
    assert.equal(buffer?.inferencePipelineId, 'pipeline-1');
    const { row } = buffer;
    assert.deepEqual([row.inferenceId, row.arrival], ['req-1', 'unknown']);
    assert.deepEqual(JSON.parse(row.text), { inferenceId: 'req-1', output: 'ok' });
    assert.deepEqual(JSON.parse(row.layout), {
      outputColumnName: 'output',
      inferenceIdColumnName: 'id',
    });
  });

  it('of Python has the same row, and names the column of its id', () => {
    const text = JSON.stringify({
      trace_data: { output: 'ok' },
      config: { output_column_name: 'output' },
      inference_pipeline_id: 7,
    });
    assert.deepEqual(configOf(text), {
      outputColumnName: 'output',
      inferenceIdColumnName: 'inferenceId',
    });
    const buffer = parseBuffer(text);
    assert.ok(buffer);
    assert.equal(buffer.inferencePipelineId, undefined);
    assert.match(buffer.row.inferenceId, /^[0-9a-f-]{36}$/);
    assert.deepEqual(JSON.parse(buffer.row.text), {
      output: 'ok',
      inferenceId: buffer.row.inferenceId,
    });
  });

  for (const text of ['', '[]', '{}', '{"traceData":{}}', '{"traceData":[],"config":{}}']) {
    it(`is none: ${text}`, () => assert.equal(parseBuffer(text), undefined));
  }

  it('is known by the name of its file', () => {
    assert.match('trace_1700000000_12_ab-c_1.json', BUFFER_FILE);
    for (const name of ['trace_1_2_.json', 'trace_1_2_a.json.tmp', 'my_trace_1_2_a.json']) {
      assert.doesNotMatch(name, BUFFER_FILE);
    }
  });
});
