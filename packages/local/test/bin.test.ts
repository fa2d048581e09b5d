import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLocalServer } from '@openlayer-tracing/local';
import { fixture, fixtureNames, PIPELINE, requestOf } from './client.js';

const BIN = fileURLToPath(new URL('../dist/bin.js', import.meta.url));

/** A run of the command: its output so far, and waiting for more of it. */
function run(...args: string[]) {
  return runNode([BIN, ...args]);
}

function runNode(args: readonly string[]) {
  const env = { ...process.env, XDG_STATE_HOME: stateFolder, TZ: 'UTC' };
  const child = spawn(process.execPath, args, { env }) as ChildProcessWithoutNullStreams;
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

/** Where the server of a test keeps its traces unless it is told otherwise. */
let stateFolder: string;

/** Runs a command to its end. */
async function ran(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const { output, ended } = run(...args);
  const [code] = await ended;
  return { code, ...output };
}

function post(url: string, body: unknown, key?: string): Promise<number> {
  return sent('POST', `${url}/inference-pipelines/${PIPELINE}/data-stream`, body, key);
}

async function sent(method: string, url: string, body: unknown, key = 'local'): Promise<number> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      connection: 'close',
    },
    body: JSON.stringify(body),
  });
  return response.status;
}

describe('openlayer-local', function () {
  this.timeout(180_000); // each run of the command is a process, of which there are many
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'openlayer-local-bin-'));
    stateFolder = join(folder, 'state');
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
        /\n2026-01-01 00:00:00 {2}req-1\n└─ summarizeTicket \[user_call\] {2}42 ms {2}\{"ticketId":4821,"body":.* {2}→ "Recurring paper jam/,
      );
      assert.equal(await post(url, {}), 400);
      await seen('err', /problem: POST .*data-stream: 400 .*config/);
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

  it('prints its options for --help, and its version for --version', async () => {
    const { output, ended } = run('--help');
    assert.deepEqual(await ended, [0, null]);
    for (const option of [
      '--port <n> .*4600',
      '--file',
      '--memory',
      '--open',
      '--api-key',
      '--host',
      '--allow-host',
      '--max-age .*30d',
      '--max-size [^]*1GB',
      '--quiet',
      '--strict',
      '--json',
      '--version',
      'openlayer-local show <id>',
    ]) {
      assert.match(output.out, new RegExp(option));
    }
    for (const line of output.out.split('\n')) assert.ok(line.length <= 120, line);
    const { version } = JSON.parse(
      readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
    );
    assert.deepEqual(await ran('--version'), { code: 0, out: `${version}\n`, err: '' });
  });

  it('names the argument or the port that is wrong', async () => {
    await using server = await startLocalServer();
    for (const [args, reason] of [
      [['--prot', '1'], /Unknown option '--prot'; "openlayer-local --help" has all options\n$/],
      [['--port', 'x'], /--port must be an integer from 0 to 65535, not "x"/],
      [['--port', '65536'], /--port must be an integer/],
      [['--port'], /'--port <value>' argument missing/],
      [['--port', `${server.port}`], /the port is taken/],
      [['serve'], /unknown command "serve"; known commands: list, search, show/],
      [['--memory', '--file', 'a.db'], /--memory and --file exclude each other/],
      [['--max-age', '7'], /--max-age must be 90m, 12h or 7d, or none, not "7"/],
      [['--max-size', '0MB'], /--max-size must be 500MB or 2GB, or none, not "0MB"/],
      [['--memory', '--host', 'traces'], /host must be an IP address/],
      [
        ['--memory', '--host', '0.0.0.0'],
        /host must be '127.0.0.1', not "0.0.0.0", unless apiKey is set/,
      ],
      [['--memory', '--allow-host', '*'], /allowedHosts must be names in lower case/],
      [['--editor', 'ed'], /--editor must be one of vscode, .*, not "ed"/],
      [['list', 'words'], /list takes no words: "openlayer-local search words" does/],
      [['list', '--limit', '0'], /--limit must be an integer from 1 to 1000/],
      [['search'], /search takes the words to look for/],
      [['show'], /show takes one inference ID/],
      [['show', 'a', '--limit', '1'], /--limit is for list and search/],
      [
        ['list', '--file', join(folder, 'none.db')],
        /there are no traces in .*none\.db: start openlayer-local first/,
      ],
      [['list', '--port', '1'], /Unknown option '--port'/],
    ] as const) {
      const { output, ended } = run(...args);
      assert.deepEqual(await ended, [1, null]);
      assert.match(output.err, reason);
      assert.doesNotMatch(output.err, /\n +at /);
    }
  });

  it('stores rows, and responds to reads with 503, if the system refuses it a thread', async () => {
    const file = join(folder, 'no-thread.db');
    // Everything is allowed but threads.
    const known = process.allowedNodeEnvironmentFlags;
    const flags = [
      known.has('--permission') ? '--permission' : '--experimental-permission',
      ...['--allow-fs-read=*', '--allow-fs-write=*', '--allow-addons'],
      ...(known.has('--allow-net') ? ['--allow-net'] : []),
    ];
    const { child, ended, seen } = runNode([...flags, BIN, '--port', '0', '--file', file]);
    const [, origin = '', token = ''] = await seen('out', /page +(\S+)\/#token=(\S+)/);
    const authorization = `Bearer ${token}`;
    for (let round = 0; round < 2; round++) {
      assert.equal(await post(`${origin}/v1`, requestOf(`row-${round}`)), 200);
      await new Promise((resolve) => setTimeout(resolve, 200)); // the index is brought up to date
      const response = await fetch(`${origin}/api/traces`, { headers: { authorization } });
      assert.equal(response.status, 503);
      assert.match(await response.text(), /thread/);
    }
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  });

  it('exits when the reader of its output has exited', async () => {
    const { child, ended, seen } = run('--port', '0', '--memory');
    const [, url = ''] = await seen('out', /listens on (\S+\/v1)/);
    child.stdout.destroy();
    for (let n = 0; n < 5; n += 1) await post(url, requestOf(`r${n}`)).catch(() => {});
    assert.deepEqual(await ended, [0, null]);
  });

  it('keeps traces in the state directory of the user, one server at a time', async () => {
    const file = join(stateFolder, 'openlayer-local/traces.db');
    const first = run('--port', '0', '--quiet');
    const [, url = ''] = await first.seen('out', /listens on (\S+\/v1)/);
    await first.seen('out', /traces {2}\S+traces\.db \(kept for 30d, at most 1GB\)/);
    assert.equal(statSync(file).mode & 0o077, 0);
    const second = await ran('--port', '0');
    assert.equal(second.code, 1);
    assert.match(
      second.err,
      new RegExp(`is used by another openlayer-local \\(process ${first.child.pid}\\)`),
    );
    assert.equal(await post(url, requestOf('kept')), 200);
    first.child.kill('SIGKILL');
    await first.ended;

    // The mark of the process that was killed stays, and does not matter.
    assert.ok(existsSync(`${file}.lock`));
    const third = run('--port', '0', '--quiet', '--max-age', 'none', '--max-size', 'none');
    await third.seen('out', /traces {2}\S+traces\.db\n/);
    third.child.kill('SIGTERM');
    assert.deepEqual(await third.ended, [0, null]);
    assert.ok(!existsSync(`${file}.lock`));
    assert.match((await ran('list')).out, /kept/);
  });

  it('prints updates, with control characters escaped', async () => {
    const { child, output, ended, seen } = run('--port', '0', '--memory');
    const [, url = ''] = await seen('out', /listens on (\S+\/v1)/);
    const evil = '\u001b]0;owned\u0007\u009b31m\u202e';
    await post(url, requestOf('req-1', { output: evil, user_id: evil, inferenceId: 'req-1' }));
    const rows = `${url}/inference-pipelines/${PIPELINE}/rows?inferenceId=req-1`;
    const row = { humanFeedback: true, comment: evil };
    assert.equal(await sent('PUT', rows, { row }), 200);
    await seen('out', /\nreq-1 {2}updated {2}\{"humanFeedback":true,"comment":"\\u001b/);
    await post(`${url.slice(0, -3)}/${encodeURIComponent(evil)}`, {});
    await seen('err', /problem: /);
    child.kill('SIGTERM');
    await ended;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(output.out + output.err, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it('takes what the official SDKs send, and under --strict refuses it', async () => {
    for (const [option, status] of [
      ['--quiet', 200],
      ['--strict', 400],
    ] as const) {
      const { child, ended, seen } = run('--port', '0', '--memory', option);
      const [, url = ''] = await seen('out', /listens on (\S+\/v1)/);
      for (const name of fixtureNames('official-shape', /./)) {
        assert.equal(await post(url, fixture(name)), status, name);
      }
      child.kill('SIGTERM');
      await ended;
    }
  });

  it('lists, searches and shows traces while a server runs on the file', async () => {
    const file = join(folder, 'read.db');
    const { child, ended, seen } = run('--port', '0', '--quiet', '--file', file);
    const [, url = ''] = await seen('out', /listens on (\S+\/v1)/);
    const evil = '\u009b31m\u202e';
    for (const n of [1, 2, 3]) await post(url, requestOf(`req-${n}`, { user_id: `user-${n}` }));
    await post(url, requestOf('req-evil', { output: `kiwi ${evil}`, user_id: evil }));

    const { out } = await ran('list', '--file', file);
    const lines = out.trimEnd().split('\n');
    assert.match(
      lines[0] ?? '',
      /time +outcome +latency +tokens +name +inference ID +user +input$/,
    );
    assert.deepEqual(
      lines.slice(1).map((line) => /^#(\d+) .* (req-\S+) /.exec(line)?.slice(1)),
      [
        ['4', 'req-evil'],
        ['3', 'req-3'],
        ['2', 'req-2'],
        ['1', 'req-1'],
      ],
    );
    assert.match(
      lines[2] ?? '',
      /^#3 +2026-01-01 00:00:00 +42 ms +summarizeTicket +req-3 +user-3 +\S/,
    );

    const limited = JSON.parse((await ran('list', '--file', file, '--limit', '2', '--json')).out);
    assert.deepEqual(
      limited.map((trace: { inferenceId: string }) => trace.inferenceId),
      ['req-evil', 'req-3'],
    );
    const found = await ran('search', 'kiwi', 'recurring', '--file', file);
    assert.match(found.out, /#4 .* req-evil/);
    assert.equal((await ran('search', 'kiwi', 'user-2', '--file', file)).out, '');
    assert.match((await ran('search', 'kiw', '--file', file)).out, /#4 .* req-evil/);
    assert.match((await ran('search', 'user-2', '--file', file)).out, /#2 .* req-2/);
    const none = await ran('search', 'nowhere', '--file', file);
    assert.deepEqual(none, { code: 0, out: '', err: 'no trace has all of these words\n' });

    for (const id of ['req-2', '2', '#2']) {
      const shown = await ran('show', id, '--file', file);
      assert.match(shown.out, /^2026-01-01 00:00:00 {2}req-2 {2}user user-2\n└─ summarizeTicket/);
    }
    const json = (await ran('show', 'req-evil', '--file', file, '--json')).out;
    const { row, number, notes } = JSON.parse(json);
    assert.deepEqual([row.user_id, row.output, number, notes], [evil, `kiwi ${evil}`, 4, []]);
    for (const text of [out, json, (await ran('show', '4', '--file', file)).out]) {
      assert.doesNotMatch(text, /[\u0080-\u009f\u202e]/);
    }
    const unknown = await ran('show', 'req-9', '--file', file);
    assert.deepEqual(unknown, {
      code: 1,
      out: '',
      err: 'openlayer-local: there is no trace req-9\n',
    });

    assert.equal(await post(url, requestOf('later')), 200);
    child.kill('SIGTERM');
    await ended;
    assert.match((await ran('list', '--file', file)).out, /#5 .* later/);
  });

  it('prints notes on rows of other tracers', async () => {
    const file = join(folder, 'notes.db');
    {
      await using server = await startLocalServer({ file, checks: 'lenient' });
      await post(server.url, fixture('official-shape/typescript-sdk.json'));
    }
    assert.match((await ran('show', '1', '--file', file)).out, /\nnote: the row lacks "cost"\n/);
  });

  it('is reached under another name only if that is allowed, and from elsewhere only with a key', async () => {
    const { child, ended, seen } = run(
      ...['--port', '0', '--memory', '--host', '0.0.0.0', '--api-key', 'secret'],
      ...['--allow-host', 'traces', '--allow-host', 'localhost:8080'],
    );
    const [, port = ''] = await seen('out', /listens on http:\/\/127\.0\.0\.1:(\d+)\/v1/);
    const [shown = ''] = await seen('out', /export OPENLAYER_API_KEY=.*/);
    assert.ok(!shown.includes('secret'));
    const status = async (host: string, key: string) => {
      const path = `/v1/inference-pipelines/${PIPELINE}/rows/none`;
      const request = get({ port, path, headers: { host, authorization: `Bearer ${key}` } });
      const [response] = await once(request, 'response');
      response.resume();
      return response.statusCode;
    };
    for (const host of [`traces:${port}`, 'localhost:8080', `localhost:${port}`]) {
      assert.equal(await status(host, 'secret'), 404, host);
      assert.equal(await status(host, 'other'), 401, host);
    }
    for (const host of ['traces', 'traces:8080', `evil.traces:${port}`, `0.0.0.0:${port}`]) {
      assert.equal(await status(host, 'secret'), 403, host);
    }
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  });

  it('opens the page by an address that works once and has no token', async function () {
    if (process.platform !== 'linux') return this.skip();
    const opener = join(folder, 'xdg-open');
    const opened = join(folder, 'opened');
    writeFileSync(
      opener,
      `#!/bin/sh\necho "$1" > '${opened}.part' && mv '${opened}.part' '${opened}'\n`,
      { mode: 0o755 },
    );
    const path = process.env.PATH;
    process.env.PATH = `${folder}:${path}`;
    const { child, ended, seen } = run('--port', '0', '--memory', '--open');
    process.env.PATH = path;
    const [, viewerUrl = ''] = await seen('out', /page {4}(\S+#token=\S+)/);
    while (!existsSync(opened)) await new Promise((resolve) => setTimeout(resolve, 20));
    const url = readFileSync(opened, 'utf8').trim();
    const token = new URL(viewerUrl).hash.slice('#token='.length);
    assert.ok(!url.includes(token));
    const locations: (string | null)[] = [];
    for (let n = 0; n < 2; n += 1) {
      const response = await fetch(url, { redirect: 'manual' });
      locations.push(response.headers.get('location'));
    }
    assert.deepEqual(locations, [viewerUrl, '/']);
    child.kill('SIGTERM');
    await ended;
  });

  it('says where to go if no browser can be opened', async function () {
    if (process.platform !== 'linux') return this.skip();
    const path = process.env.PATH;
    process.env.PATH = folder.replace(/$/, '/nothing');
    const { child, ended, seen } = run('--port', '0', '--memory', '--open');
    process.env.PATH = path;
    await seen('err', /cannot open a browser \(.*ENOENT.*\): open the address yourself/);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  });
});
