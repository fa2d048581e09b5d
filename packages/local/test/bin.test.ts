import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLocalServer } from '@openlayer-tracing/local';
import { PIPELINE, requestOf } from './client.js';

const BIN = fileURLToPath(new URL('../dist/bin.js', import.meta.url));

/** A run of the command: its output so far, and waiting for more of it. */
function run(...args: string[]) {
  const child = spawn(process.execPath, [BIN, ...args]) as ChildProcessWithoutNullStreams;
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.err += text;
  });
  const ended = once(child, 'close') as Promise<[code: number | null, signal: string | null]>;
  const seen = async (stream: 'out' | 'err', pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(output[stream]);
      if (match) return match;
      const [why] = await Promise.race([
        once(child[stream === 'out' ? 'stdout' : 'stderr'], 'data'),
        ended.then(() => ['ended']),
      ]);
      if (why === 'ended') assert.match(output[stream], pattern);
    }
  };
  return { child, output, ended, seen };
}

async function post(url: string, body: unknown): Promise<number> {
  const response = await fetch(`${url}/inference-pipelines/${PIPELINE}/data-stream`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer local',
      'content-type': 'application/json',
      connection: 'close',
    },
    body: JSON.stringify(body),
  });
  return response.status;
}

describe('openlayer-local', function () {
  this.timeout(15_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'openlayer-local-bin-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`shows where to send traces, shows what arrives, and ends cleanly on ${signal}`, async () => {
      const file = join(folder, `${signal}.db`);
      const { child, output, ended, seen } = run('--port', '0', '--file', file);
      const [, url = ''] = await seen('out', /export OPENLAYER_BASE_URL=(\S+)/);
      await seen(
        'out',
        /export OPENLAYER_API_KEY=\S+\n +export OPENLAYER_INFERENCE_PIPELINE_ID=\S+\n/,
      );
      assert.equal(await post(url, requestOf('req-1')), 200);
      await seen(
        'out',
        /\nreq-1\n└─ summarizeTicket \[user_call\] {2}42 ms {2}→ "Recurring paper jam/,
      );
      assert.equal(await post(url, {}), 400);
      await seen('err', /refused: POST .*data-stream: 400 .*config/);
      child.kill(signal);
      assert.deepEqual(await ended, [0, null]);
      assert.ok(!output.out.includes('\x1b'));

      await using server = await startLocalServer({ file });
      assert.equal(server.row('req-1')?.inferenceId, 'req-1');
    });
  }

  it('shows no traces when quiet', async () => {
    const { child, output, ended, seen } = run('--quiet', '--port', '0');
    const [, url = ''] = await seen('out', /listens on (\S+\/v1)/);
    assert.equal(await post(url, requestOf('req-1')), 200);
    child.kill('SIGTERM');
    await ended;
    assert.doesNotMatch(output.out, /req-1/);
  });

  it('explains itself', async () => {
    const { output, ended } = run('--help');
    assert.deepEqual(await ended, [0, null]);
    assert.match(output.out, /--port.*4600.*--file.*--quiet/s);
  });

  it('says what is wrong with its arguments or its port', async () => {
    await using server = await startLocalServer();
    for (const [args, reason] of [
      [['--prot', '1'], /Unknown option '--prot'/],
      [['--port', 'x'], /port must be an integer/],
      [['--port', `${server.port}`], /the port is taken/],
    ] as const) {
      const { output, ended } = run(...args);
      assert.deepEqual(await ended, [1, null]);
      assert.match(output.err, reason);
      assert.doesNotMatch(output.err, /\n +at /);
    }
  });

  it('ends when the reader of its output has gone', async () => {
    const { child, ended, seen } = run('--port', '0');
    const [, url = ''] = await seen('out', /listens on (\S+\/v1)/);
    child.stdout.destroy();
    for (let n = 0; n < 5; n += 1) await post(url, requestOf(`r${n}`)).catch(() => {});
    assert.deepEqual(await ended, [0, null]);
  });
});
