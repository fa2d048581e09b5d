import assert from 'node:assert/strict';
import type { Ended } from '../../support/child.ts';
import { startCollector } from '../../support/collector.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { ask, publishingTo, start, startHungEnd } from './support.ts';

/** Serves some requests, then the one that ends the process; a signal, where one is given, comes after it. */
async function run(
  variables: Record<string, string>,
  path: string,
  signal?: NodeJS.Signals,
): Promise<Ended> {
  const { process: child, port, ended } = start('server.mts', variables);
  for (let i = 0; i < 3; i++) assert.equal(await ask(await port, '/ok'), 200);
  const last = ask(await port, path);
  if (signal !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, 60));
    child.kill(signal);
  }
  await last;
  return ended;
}

/** Ports, process ids and the frames of our middleware differ between two runs that are otherwise the same. */
function comparable({ code, signal, stdout, stderr }: Ended) {
  const text = stderr.replace(/^ {4}at .*\n/gm, '').replace(/\[\d+\]|0x[0-9a-f]+|\d{5,}/g, 'n');
  return { code, signal, stdout: stdout.replace(/\d{4,}/g, 'n'), stderr: text };
}

/** The same end of an app without us, with us, and with a spool. */
async function threeTimes(path: string, signal?: NodeJS.Signals): Promise<[Ended, Ended, Ended]> {
  await using hung = await startHungEnd();
  using folder = temporaryFolder();
  const traced = publishingTo(hung.url);
  return Promise.all([
    run({ TRACED: '0' }, path, signal),
    run(traced, path, signal),
    run({ ...traced, OPENLAYER_SPOOL_DIR: folder.path }, path, signal),
  ]);
}

describe('the end of a process that is traced is that of one that is not', () => {
  const ends: [what: string, path: string, code: number][] = [
    ['process.exit(3) in a handler', '/exit', 3],
    ['process.exit(4) when the answer is out', '/exit-after', 4],
    ['an error that nobody catches', '/throw', 1],
    ['a thrown text that nobody catches', '/throw-odd', 1],
    ['a rejection that nobody handles', '/reject', 1],
  ];

  for (const [what, path, code] of ends) {
    it(what, async () => {
      const [bare, traced, spooling] = await threeTimes(path);
      assert.equal(bare.code, code);
      assert.deepEqual(comparable(traced), comparable(bare));
      assert.deepEqual(comparable(spooling), comparable(bare));
    });
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`${signal} without a handler, while requests are open and rows wait`, async () => {
      const [bare, traced, spooling] = await threeTimes('/slow', signal);
      assert.equal(bare.signal, signal);
      assert.deepEqual(comparable(traced), comparable(bare));
      assert.deepEqual(comparable(spooling), comparable(bare));
    });
  }

  it('process.abort()', async () => {
    for (const { signal } of await threeTimes('/abort')) assert.equal(signal, 'SIGABRT');
  });
});

describe('an app that handles its own errors', () => {
  it('still does, and goes on', async () => {
    await using collector = await startCollector();
    const variables = { ...publishingTo(collector.server.url), HANDLERS: '1' };
    const { port, output, ended } = start('server.mts', variables);
    for (const path of ['/throw', '/reject', '/throw-odd', '/ok']) {
      assert.equal(await ask(await port, path), 200);
    }
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(await ask(await port, '/close'), 200);
    assert.equal((await ended).code, 0);
    assert.deepEqual(output.stdout.match(/app caught .*/g), [
      'app caught Error: thrown by the app',
      'app caught TypeError: rejected by the app',
      'app caught no error at all',
    ]);
    assert.equal(output.stderr, '');
    await collector.exactly(5);
  });

  for (const HANDLES_SIGNALS of ['0', '1']) {
    const what = HANDLES_SIGNALS === '1' ? ', and so do we' : '';
    it(`drains at SIGTERM${what}: open requests come to their end, shutdown() delivers what waits`, async () => {
      await using collector = await startCollector(async () => {
        await new Promise((resolve) => setTimeout(resolve, 400));
        return false;
      });
      const variables = { ...publishingTo(collector.server.url), DRAIN: '1', HANDLES_SIGNALS };
      const { process: child, port, ended } = start('server.mts', variables);
      for (let i = 0; i < 5; i++) assert.equal(await ask(await port, '/ok'), 200);
      const later = ask(await port, '/later');
      await new Promise((resolve) => setTimeout(resolve, 100));
      child.kill('SIGTERM');
      assert.equal(await later, 200);
      const { code, signal, stdout, stderr } = await ended;
      assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' });
      assert.match(stdout, /drained\n$/);
      const rows = await collector.exactly(6);
      assert.match(JSON.stringify(rows.at(-1)), /"name":"GET \/later".*"outcome":"completed"/);
    });
  }
});
