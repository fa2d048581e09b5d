import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLocalServer } from '@openlayer-tracing/local';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { TraceSummary } from '../src/page-api.ts';
import { fixture, fixtureNames, PIPELINE, requestOf } from './client.js';
import {
  readableSpan,
  type SpanFacts,
  spanFields,
  requestOf as spans,
  TRACE,
} from './otlp/spans.js';

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

/** Waits until the server's thread has opened the file. */
async function indexed(file: string): Promise<void> {
  while (!existsSync(`${file}-index`)) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, 300));
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
      '--api-key <key>',
      '--api-key-file <path>',
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
      [['serve'], /unknown command "serve"; known commands: list, search, show, delete/],
      [['--memory', '--file', 'a.db'], /--memory and --file exclude each other/],
      [['--max-age', '7'], /--max-age must be a time such as 90m, 12h or 7d, or none, not "7"/],
      [['--max-size', '0MB'], /--max-size must be a size such as 500MB or 2GB, or none, not "0MB"/],
      [['--api-key', 'a', '--api-key-file', 'b'], /--api-key and --api-key-file exclude each/],
      [['--memory', '--api-key-file', join(folder, 'none')], /ENOENT.*none/],
      [['--memory', '--api-key-file', '/dev/null'], /--api-key-file: \/dev\/null is empty/],
      [['--memory', '--api-key', 'a key'], /apiKey must be of visible ASCII characters/],
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
      [['show', 'a', '--user', 'ada'], /--user is for list and search/],
      [['delete'], /delete takes one inference ID/],
      [['delete', 'a', 'b'], /delete takes one inference ID/],
      [['delete', 'a', '--json'], /Unknown option '--json'/],
      [['delete', 'a', '--file', join(folder, 'none.db')], /there are no traces in/],
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
    const { child, output, ended, seen } = runNode([...flags, BIN, '--port', '0', '--file', file]);
    const [, origin = '', token = ''] = await seen('out', /page +(\S+)\/#token=(\S+)/);
    const authorization = `Bearer ${token}`;
    for (let round = 0; round < 2; round++) {
      assert.equal(await post(`${origin}/v1`, requestOf(`row-${round}`)), 200);
      await new Promise((resolve) => setTimeout(resolve, 200)); // the index is brought up to date
      const response = await fetch(`${origin}/api/traces`, { headers: { authorization } });
      assert.equal(response.status, 503);
      assert.match(await response.text(), /thread/);
    }
    assert.deepEqual(output.err.match(/problem: .*the system refuses a thread/g)?.length, 1);
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
    assert.match(second.err, /is used by another openlayer-local/);
    assert.equal(await post(url, requestOf('kept')), 200);
    first.child.kill('SIGKILL');
    await first.ended;

    const third = run('--port', '0', '--quiet', '--max-age', 'none', '--max-size', 'none');
    await third.seen('out', /traces {2}\S+traces\.db\n/);
    third.child.kill('SIGTERM');
    assert.deepEqual(await third.ended, [0, null]);
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

  it('prints refused calls with the reason, each once, and equal ones at growing intervals', async () => {
    const { child, output, ended, seen } = run('--port', '0', '--memory', '--quiet');
    const [, url = ''] = await seen('out', /listens on (\S+\/v1)/);
    const rows = `${url}/inference-pipelines/${PIPELINE}/rows?inferenceId=typo`;
    for (let n = 0; n < 12; n += 1) assert.equal(await sent('PUT', rows, { row: { a: 1 } }), 404);
    assert.equal(await sent('POST', `${url}/metrics`, {}), 404);
    assert.equal(await post(url, {}), 400);
    await seen('err', /problem: /);
    child.kill('SIGTERM');
    await ended;
    const lines = output.err.trim().split('\n');
    const put = `refused: PUT /v1/inference-pipelines/${PIPELINE}/rows: 404 pipeline ${PIPELINE} has no row typo`;
    assert.deepEqual(lines.slice(0, 2), [put, `${put} (10 times)`]);
    assert.match(lines[2] ?? '', /^refused: POST \/v1\/metrics: 404 .*traces only/);
    assert.match(lines[3] ?? '', /^problem: POST .*: 400 /);
    assert.equal(lines.length, 4, output.err);
  });

  it('prints a trace again, whole, when more of its spans have come', async () => {
    const { child, output, ended, seen } = run('--port', '0', '--memory');
    const [, url = ''] = await seen('out', /listens on (\S+\/v1)/);
    const send = async (facts: SpanFacts) => {
      const body = JsonTraceSerializer.serializeRequest([readableSpan(facts)]) ?? '';
      const headers = { authorization: 'Bearer k', 'content-type': 'application/json' };
      assert.equal((await fetch(`${url}/traces`, { method: 'POST', headers, body })).status, 200);
    };
    await send({ name: 'root', attributes: { 'openlayer.step.inputs': '{"q":"Why?"}' } });
    await seen('out', /└─ root \[/);
    await send({ id: '00f067aa0ba902b8', parent: '00f067aa0ba902b7', name: 'late' });
    await seen('out', /└─ root \[[^\n]*"Why\?"[^\n]*\n {3}└─ late \[/);
    const rows = `${url}/inference-pipelines/otlp/rows?inferenceId=${TRACE}`;
    const row = { note: 'x'.repeat(2_000_000), other: 1 };
    assert.equal(await sent('PUT', rows, { row }), 200);
    const [line] = await seen('out', /updated {2}\{"note":"x+…\n/);
    assert.ok(line.length < 200);
    child.kill('SIGTERM');
    await ended;
    assert.doesNotMatch(output.out, /updated {2}.*steps/);
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

  it('lists the traces of a pipeline, of a user, of a session, or those that failed', async () => {
    const file = join(folder, 'filters.db');
    {
      await using server = await startLocalServer({ file, checks: 'lenient' });
      const send = (id: string, columns: object, pipeline: string) =>
        sent(
          'POST',
          `${server.url}/inference-pipelines/${pipeline}/data-stream`,
          requestOf(id, columns),
        );
      const failed = { metadata: { http: { status: 500 } } };
      await send('a', { user_id: 'ada', session_id: 's-1', ...failed }, 'p 1');
      await send('b', { user_id: 'ada', session_id: 's-2' }, 'p 1');
      await send('c', { user_id: 'bob', session_id: 's-2' }, 'p2');
    }
    const ids = async (...args: string[]) => {
      const { out } = await ran(...args, '--file', file, '--json');
      return (JSON.parse(out) as TraceSummary[]).map(({ inferenceId }) => inferenceId);
    };
    for (const [args, found] of [
      [
        ['list', '--pipeline', 'p 1'],
        ['b', 'a'],
      ],
      [['list', '--user', 'bob'], ['c']],
      [
        ['list', '--session', 's-2'],
        ['c', 'b'],
      ],
      [['list', '--session', 's-2', '--user', 'ada'], ['b']],
      [['list', '--failed'], ['a']],
      [['search', 'ada', '--failed'], ['a']],
      [['search', 'bob', '--pipeline', 'p 1'], []],
    ] as const) {
      assert.deepEqual(await ids(...args), found, args.join(' '));
    }
    const none = await ran('list', '--user', 'nobody', '--file', file);
    assert.deepEqual(none, { code: 0, out: '', err: 'no trace is of that kind\n' });
  });

  it('deletes a trace by its ID or its number, unless a server runs on the file', async () => {
    const file = join(folder, 'delete.db');
    const { child, ended, seen } = run('--port', '0', '--quiet', '--file', file);
    const [, url = ''] = await seen('out', /listens on (\S+\/v1)/);
    for (const id of ['a', 'b', 'twice', 'twice', 'c']) await post(url, requestOf(id));
    const refused = await ran('delete', 'a', '--file', file);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /a server runs on .*delete\.db: end it first, or send it DELETE/);
    child.kill('SIGTERM');
    await ended;
    const listed = async () => {
      const { out } = await ran('list', '--file', file, '--json');
      return (JSON.parse(out) as TraceSummary[]).map(({ inferenceId }) => inferenceId);
    };
    assert.deepEqual(await listed(), ['c', 'twice', 'twice', 'b', 'a']);
    for (const [id, answer, left] of [
      ['a', `deleted a of pipeline ${PIPELINE}\n`, ['c', 'twice', 'twice', 'b']],
      ['#3', `deleted twice of pipeline ${PIPELINE}\n`, ['c', 'twice', 'b']],
      ['2', `deleted b of pipeline ${PIPELINE}\n`, ['c', 'twice']],
    ] as const) {
      assert.deepEqual(await ran('delete', id, '--file', file), { code: 0, out: answer, err: '' });
      assert.deepEqual(await listed(), left);
    }
    const unknown = await ran('delete', 'a', '--file', file);
    assert.match(unknown.err, /there is no trace a\n/);
    {
      await using server = await startLocalServer({ file, checks: 'lenient' });
      assert.equal(server.rows().length, 2);
      await post(server.url, requestOf('twice'));
    }
    const both = await ran('delete', 'twice', '--file', file);
    assert.equal(both.out, `deleted twice of pipeline ${PIPELINE}, which was sent 2 times\n`);
    assert.deepEqual(await listed(), ['c']);
  });

  it('leaves the log of a running server alone, so that no row is lost when the server is killed', async () => {
    const file = join(folder, 'killed.db');
    const { child, ended, seen } = run('--port', '0', '--quiet', '--file', file);
    const [, url = ''] = await seen('out', /listens on (\S+\/v1)/);
    const listed = async () => {
      const { out, err } = await ran('list', '--file', file, '--json');
      assert.equal(err, '');
      return (JSON.parse(out) as TraceSummary[]).map(({ inferenceId }) => inferenceId);
    };
    await post(url, requestOf('a'));
    await indexed(file);
    assert.deepEqual(await listed(), ['a']);
    await post(url, requestOf('b'));
    assert.deepEqual(await listed(), ['b', 'a']);
    await post(url, requestOf('c'));
    child.kill('SIGKILL');
    await ended;
    assert.deepEqual(await listed(), ['c', 'b', 'a']);
  });

  it('prints notes on rows of other tracers', async () => {
    const file = join(folder, 'notes.db');
    {
      await using server = await startLocalServer({ file, checks: 'lenient' });
      await post(server.url, fixture('official-shape/typescript-sdk.json'));
    }
    assert.match((await ran('show', '1', '--file', file)).out, /\nnote: the row lacks "cost"\n/);
  });

  it('goes on although the reader of its messages on stderr has gone', async () => {
    const file = join(folder, 'no-stderr.db');
    const { child, ended, seen } = run('--port', '0', '--file', file);
    const [, url = ''] = await seen('out', /listens on (\S+\/v1)/);
    child.stderr.destroy();
    for (let n = 0; n < 3; n += 1) assert.equal(await post(url, {}), 400);
    assert.equal(await post(url, requestOf('req-1')), 200);
    await seen('out', /req-1/);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);

    const endOf = async (...args: string[]) => {
      const { child, ended } = run(...args, '--file', file);
      child.stderr.destroy();
      return (await ended)[0];
    };
    assert.equal(await endOf('search', 'nowhere'), 0);
    assert.equal(await endOf('show', 'nowhere'), 1);
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

  it('takes its API key from a file or from the environment, and prints it nowhere', async () => {
    const keyFile = join(folder, 'key');
    writeFileSync(keyFile, 'secret-1\n');
    for (const [args, variable, key] of [
      [['--api-key-file', keyFile], undefined, 'secret-1'],
      [['--api-key-file', keyFile], 'secret-2', 'secret-1'],
      [[], 'secret-2', 'secret-2'],
      [['--api-key', 'secret-3'], 'secret-2', 'secret-3'],
      [[], '', undefined],
    ] as const) {
      if (variable !== undefined) process.env.OPENLAYER_LOCAL_API_KEY = variable;
      const { child, output, ended, seen } = run('--port', '0', '--memory', ...args);
      delete process.env.OPENLAYER_LOCAL_API_KEY;
      const [, url = ''] = await seen('out', /export OPENLAYER_BASE_URL=(\S+)/);
      await seen('out', /OTEL_LOGS_EXPORTER/);
      const accepted = await post(url, requestOf('a'), key ?? 'any');
      const other = await post(url, requestOf('a'), 'other');
      assert.deepEqual([accepted, other], [200, key === undefined ? 200 : 401]);
      child.kill('SIGTERM');
      await ended;
      assert.doesNotMatch(output.out + output.err, /secret-/);
    }
  });

  it('prints the variables for an app with OpenTelemetry, which sends its spans by them', async () => {
    const { child, ended, seen } = run('--port', '0', '--memory');
    const line = async (name: string) =>
      (await seen('out', new RegExp(`export OTEL_EXPORTER_OTLP_${name}=(\\S+)`)))[1] ?? '';
    const [name = '', value = ''] = (await line('HEADERS')).split('=');
    const response = await fetch(`${await line('ENDPOINT')}/v1/traces`, {
      method: 'POST',
      headers: { [name]: decodeURIComponent(value), 'content-type': 'application/x-protobuf' },
      body: spans(spanFields()),
    });
    assert.equal(response.status, 200);
    await seen('out', /└─ work \[/);
    child.kill('SIGTERM');
    await ended;
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
