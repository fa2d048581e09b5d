import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PIPELINE } from '../../support/collector.ts';
import { publish, quickTracer, until } from '../publishing/support.ts';
import { segmentName } from './left-behind.ts';
import { filesIn, publishingTo, startChild, startCollector, temporaryFolder } from './support.ts';

const core = createRequire(import.meta.url).resolve('@openlayer-tracing/core/package.json');
const BIN = join(dirname(core), 'dist/openlayer-replay.js');

/** Leaves traces behind that nobody has sent. */
async function leaveBehind(url: string, dir: string, n: number): Promise<readonly string[]> {
  // The address decides which rows are whose.
  const { tracer } = quickTracer(url, { spool: { dir }, apiKey: 'wrong' });
  const ids = publish(tracer, n);
  await until('they are spooled', () => tracer.stats().spooled === n);
  await tracer.shutdown({ deadlineMs: 100 });
  return ids;
}

async function run(variables: Record<string, string>, ...args: string[]) {
  const child = await startChild(BIN, variables, { listens: false, args });
  child.process.channel?.unref();
  const { code } = await child.ended;
  return { code, ...child.output };
}

const row = (id: string) => ({
  inferenceTimestamp: 1_760_000_000,
  inferenceId: id,
  output: 'yes',
  question: 'why',
  latency: 12,
  cost: null,
  tokens: null,
  steps: [
    {
      name: 'root',
      id: `step-${id}`,
      type: 'user_call',
      inputs: { question: 'why' },
      output: 'yes',
      groundTruth: null,
      metadata: {},
      steps: [],
      latency: 12,
      startTime: 1_760_000_000_000,
      endTime: 1_760_000_000_012,
    },
  ],
});

describe('openlayer-replay', () => {
  it('lists what is there, sends it, and leaves other files alone', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { key: 'test-key' });
    const ids = await leaveBehind(collector.url, dir, 250);
    await leaveBehind('http://127.0.0.1:9/v1', dir, 3);
    const variables = publishingTo(collector.url, dir);
    const dry = await run(variables, '--dir', dir, '--dry-run');
    assert.equal(dry.code, 0);
    assert.match(dry.stdout, /: 250 traces in \d+ bytes/);
    assert.match(dry.stdout, /: 3 traces in \d+ bytes/);
    assert.equal(collector.rows().length, 0);
    const real = await run(variables, '--dir', dir);
    assert.deepEqual(
      { code: real.code, stdout: real.stdout },
      { code: 0, stdout: '250 delivered, 0 quarantined, 0 lost, 0 left\n' },
    );
    assert.match(real.stderr, /: 3 traces of another pipeline were left/);
    assert.deepEqual(
      collector
        .rows()
        .map(({ id }) => id)
        .sort(),
      [...ids].sort(),
    );
  });

  it('keeps what the platform does not take, and exits with a status that says so', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { key: 'test-key' });
    const ids = await leaveBehind(collector.url, dir, 20);
    const variables = publishingTo(collector.url, dir);
    const failed = await run({ ...variables, OPENLAYER_API_KEY: 'wrong' }, '--dir', dir);
    assert.equal(failed.code, 1);
    assert.match(failed.stdout, /^0 delivered, 0 quarantined, 0 lost, 20 left/);
    assert.equal((await run(variables, '--dir', dir)).code, 0);
    await collector.has(ids);
  });

  it('deletes nothing of a folder that exceeds the default size and age', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { key: 'test-key' });
    const ids = await leaveBehind(collector.url, dir, 20);
    const inner = join(dir, String(readdirSync(dir)[0]));
    const [name = ''] = readdirSync(inner);
    const eightDaysAgo = (Date.now() - 8 * 86_400_000).toString(36).padStart(9, '0');
    renameSync(join(inner, name), join(inner, `${eightDaysAgo}${name.slice(9)}`));
    const large = join(inner, segmentName(1));
    writeFileSync(large, '');
    truncateSync(large, 257 * 2 ** 20);
    const { code, stdout } = await run(publishingTo(collector.url, dir), '--dir', dir);
    assert.deepEqual(
      { code, stdout },
      { code: 0, stdout: '20 delivered, 0 quarantined, 0 lost, 0 left\n' },
    );
    await collector.has(ids);
  });

  it("sends the buffers of both of Openlayer's SDKs, each trace once", async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    const buffer = join(folder.path, 'buffer');
    mkdirSync(buffer);
    const config = {
      outputColumnName: 'output',
      inputVariableNames: ['question'],
      latencyColumnName: 'latency',
      costColumnName: 'cost',
      timestampColumnName: 'inferenceTimestamp',
      inferenceIdColumnName: 'inferenceId',
      numOfTokenColumnName: 'tokens',
    };
    const snake = Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        value,
      ]),
    );
    const files: Record<string, unknown> = {
      'trace_1760000000000_1_aaaa.json': {
        traceData: row('ts'),
        config,
        inferencePipelineId: PIPELINE,
        timestamp: 1,
        metadata: {},
      },
      'trace_1760000000001_1_bbbbbbbb.json': {
        trace_data: row('python'),
        config: snake,
        inference_pipeline_id: null,
        timestamp: 1,
      },
      'trace_1760000000002_1_cccc.json': {
        traceData: row('other'),
        config,
        inferencePipelineId: 'another',
      },
      'trace_1760000000003_1_dddd.json': 'torn',
    };
    for (const [name, content] of Object.entries(files))
      writeFileSync(
        join(buffer, name),
        typeof content === 'string' ? content : JSON.stringify(content, undefined, 2),
      );
    await using collector = await startCollector(folder.path);
    // Blanks around a variable's value count for nothing.
    const variables = {
      ...publishingTo(collector.url, dir),
      OPENLAYER_INFERENCE_PIPELINE_ID: ` ${PIPELINE} `,
    };
    // Of a folder that everybody may write to, the spool makes no use.
    const open = join(folder.path, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    const refused = await run(variables, '--dir', open, '--buffer', buffer);
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stderr, /: 0 traces imported, .* 2 that could not be written/);
    assert.equal(readdirSync(buffer).length, 4);
    const { code, stderr } = await run(variables, '--dir', dir, '--buffer', buffer);
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /2 traces imported, 1 left for other pipelines, 1 unreadable, 0 that could not be written/,
    );
    assert.deepEqual(
      collector
        .rows()
        .map(({ id }) => id)
        .sort(),
      ['python', 'ts'],
    );
    assert.equal(collector.problems(), '');
    assert.equal(readdirSync(buffer).length, 2);
    assert.ok(collector.calls().some((call) => call.method === 'GET' && call.id === 'ts'));
  });

  it('--purge deletes what waits, of all pipelines, and sends none of it', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { key: 'test-key' });
    await leaveBehind(collector.url, dir, 20);
    await leaveBehind('http://127.0.0.1:9/v1', dir, 3);
    const [inner = ''] = readdirSync(dir);
    mkdirSync(join(dir, inner, 'quarantine'), { mode: 0o700 });
    writeFileSync(join(dir, inner, 'quarantine', 'x.refused'), 'canary');
    writeFileSync(join(dir, 'of-the-operator'), 'stays');
    const variables = publishingTo(collector.url, dir);
    const dry = await run(variables, '--dir', dir, '--purge', '--dry-run');
    assert.match(dry.stdout, /: 20 traces in \d+ bytes/);
    const purged = await run({}, '--dir', dir, '--purge');
    assert.equal(purged.code, 0, purged.stderr);
    assert.match(purged.stdout, /: 20 traces deleted; 0 segments belong/);
    assert.match(purged.stdout, /: 3 traces deleted; 0 segments belong/);
    assert.deepEqual(filesIn(dir), [join(dir, 'of-the-operator')]);
    const { stdout } = await run(variables, '--dir', dir);
    assert.equal(stdout, '0 delivered, 0 quarantined, 0 lost, 0 left\n');
    assert.deepEqual(collector.rows(), []);
  });

  it('--purge leaves the files of a running process alone, and exits with a status that says so', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    const { tracer } = quickTracer('http://127.0.0.1:9/v1', { spool: { dir } });
    publish(tracer, 5);
    await until('they are spooled', () => tracer.stats().spooled === 5);
    const { code, stdout } = await run({}, '--dir', dir, '--purge');
    assert.equal(code, 1);
    assert.match(stdout, /: 0 traces deleted; 1 segments belong to processes that are alive/);
    await tracer.shutdown({ deadlineMs: 100 });
    const after = await run({}, '--dir', dir, '--purge');
    assert.deepEqual([after.code, filesIn(dir)], [0, []]);
    assert.match(after.stdout, /: 5 traces deleted; 0 segments/);
  });

  it('fails if an argument names a folder that does not exist', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    mkdirSync(dir, { mode: 0o700 });
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    await using collector = await startCollector(folder.path, { key: 'test-key' });
    const variables = publishingTo(collector.url, dir);
    for (const wrong of [join(folder.path, 'mistyped'), file]) {
      for (const args of [
        ['--dir', wrong],
        ['--dir', wrong, '--dry-run'],
        ['--dir', wrong, '--purge'],
        ['--dir', wrong, '--watch'],
        ['--dir', dir, '--buffer', wrong],
        ['--dir', dir, '--buffer', wrong, '--dry-run'],
      ]) {
        const { code, stderr, stdout } = await run(variables, ...args);
        assert.deepEqual([code, stdout], [1, ''], args.join(' '));
        assert.match(stderr, /^openlayer-replay: there is no folder .*; correct the path of --/);
      }
    }
    assert.deepEqual(readdirSync(folder.path).includes('mistyped'), false);
  }).timeout(60_000);

  it('makes the spool folder for the rows of a buffer, and may lack the default one', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { key: 'test-key' });
    const variables = { ...publishingTo(collector.url, dir), HOME: folder.path };
    const { code, stdout, stderr } = await run(variables, '--dir', dir, '--buffer');
    assert.equal(stdout, '0 delivered, 0 quarantined, 0 lost, 0 left\n', stderr);
    assert.equal(code, 0);
  });

  for (const other of ['--watch', '--buffer']) {
    it(`refuses --purge together with ${other}`, async () => {
      using folder = temporaryFolder();
      const { code, stderr } = await run({}, '--dir', folder.path, '--purge', other);
      assert.equal(code, 1);
      assert.match(stderr, /give it without --buffer and --watch/);
    });
  }
});
