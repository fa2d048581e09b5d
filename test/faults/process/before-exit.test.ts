import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { boundedTest } from '../../support/bounded-test.ts';
import { startCollector } from '../../support/collector.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { ask, median, publishingTo, refusingUrl, start, startHungEnd } from './support.ts';

const ROUNDS = 3;

/** Milliseconds between the close of the app's server and the end of its process. */
async function exitDelay(variables: Record<string, string>): Promise<number> {
  const { ended } = start('server.mts', { ONE_SHOT: '3', ...variables });
  const { code, signal, stdout, stderr } = await ended;
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, stderr);
  return Number(/exit after ([\d.]+) ms/.exec(stdout)?.[1]);
}

/** Fails where a process with these variables ends later than one that traces nothing, by more than 200 ms in the median. */
async function assertQuickExit(variables: Record<string, string>): Promise<void> {
  const bare: number[] = [];
  const traced: number[] = [];
  // Beside each other, so that a busy moment does not fall on one of them alone.
  for (let round = 0; round < ROUNDS; round++) {
    const both = await Promise.all([exitDelay({ TRACED: '0' }), exitDelay(variables)]);
    bare.push(both[0]);
    traced.push(both[1]);
  }
  const added = median(traced) - median(bare);
  assert.ok(added <= 200, `${added} ms more: ${JSON.stringify({ bare, traced })}`);
}

describe('an exit by an empty event loop', () => {
  boundedTest('is not delayed by more than 200 ms with a healthy collector', async () => {
    await using collector = await startCollector();
    await assertQuickExit(publishingTo(collector.server.url));
    await collector.exactly(3 * ROUNDS);
  });

  boundedTest('is not delayed by more than 200 ms with a hung collector', async () => {
    await using hung = await startHungEnd();
    await assertQuickExit(publishingTo(hung.url));
  });

  boundedTest('is not delayed by more than 200 ms with a refusing collector', async () => {
    await assertQuickExit(publishingTo(await refusingUrl()));
  });

  boundedTest('is not delayed by more than 200 ms with a hung collector and a spool', async () => {
    await using hung = await startHungEnd();
    using folder = temporaryFolder();
    await assertQuickExit({ ...publishingTo(hung.url), OPENLAYER_SPOOL_DIR: folder.path });
  });

  it('delivers the pending row also where batches are sent at once', async () => {
    await using collector = await startCollector();
    for (const batch of ['{"maxBatchRows":1}', '{"maxBatchRows":2}', '{"maxDelayMs":0}']) {
      await exitDelay({ ...publishingTo(collector.server.url), BATCH: batch });
    }
    await collector.exactly(9);
  });

  it('leaves the exit code that the app has set', async () => {
    await using collector = await startCollector();
    const { port, ended } = start('server.mts', publishingTo(collector.server.url));
    assert.equal(await ask(await port, '/exit-code'), 200);
    assert.equal((await ended).code, 5);
    await collector.exactly(1);
  });
});

describe('a script that waits', () => {
  /** Answers after longer than the exit of a process is delayed. */
  const slowly = () =>
    startCollector(async () => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      return false;
    });

  for (const MODE of ['flush', 'shutdown']) {
    it(`for ${MODE}() lives until its row has arrived`, async () => {
      await using collector = await slowly();
      const { ended } = start('script.mts', { ...publishingTo(collector.server.url), MODE });
      const { code, stdout, stderr } = await ended;
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      assert.match(stdout, /^waited \d+ ms\n$/);
      await collector.exactly(1);
    });

    boundedTest(`for ${MODE}() lives until the deadline and no longer`, async () => {
      await using hung = await startHungEnd();
      const variables = { ...publishingTo(hung.url), MODE, DEADLINE_MS: '400' };
      const { code, stdout } = await start('script.mts', variables).ended;
      assert.equal(code, 0);
      const waited = Number(/waited (\d+) ms/.exec(stdout)?.[1]);
      assert.ok(waited >= 390 && waited < 900, stdout);
    });
  }

  it('for feedback() lives until it knows', async () => {
    await using collector = await startCollector(async (request, response) => {
      if (request.method !== 'PUT') return false;
      await new Promise((resolve) => setTimeout(resolve, 500));
      response.writeHead(401).end();
      return true;
    });
    const variables = { ...publishingTo(collector.server.url), MODE: 'feedback' };
    const { code, stdout, stderr } = await start('script.mts', variables).ended;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /"ok":false/);
    await collector.exactly(1);
  });

  it('for shutdown() when it is too late ends as it would without, and a spool has its row', async () => {
    await using hung = await startHungEnd();
    using folder = temporaryFolder();
    for (const spool of [{}, { OPENLAYER_SPOOL_DIR: folder.path }]) {
      const variables = { ...publishingTo(hung.url), ...spool, MODE: 'at-exit' };
      const { code, stderr } = await start('script.mts', variables).ended;
      assert.deepEqual({ code, stderr }, { code: 7, stderr: '' });
    }
    const files = readdirSync(folder.path, { recursive: true, withFileTypes: true });
    const [segment] = files.filter((entry) => entry.isFile());
    const text = readFileSync(join(segment?.parentPath ?? '', segment?.name ?? ''), 'latin1');
    assert.match(text, /"output":"WHY"/);
  });

  it('for nothing has its row delivered all the same', async () => {
    await using collector = await startCollector();
    for (const MODE of ['none', 'maxBatchRows']) {
      const { ended } = start('script.mts', { ...publishingTo(collector.server.url), MODE });
      assert.equal((await ended).code, 0);
    }
    await collector.exactly(2);
  });
});

describe('an app that works at beforeExit', () => {
  it('has the rows of that work delivered too', async () => {
    await using collector = await startCollector();
    const variables = { ...publishingTo(collector.server.url), MODE: 'later', TIMES: '2' };
    const { code, stderr } = await start('before-exit.mts', variables).ended;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    await collector.exactly(3);
  });

  for (const [what, startEnd] of [
    ['a healthy', startCollector],
    ['a hung', startHungEnd],
  ] as const) {
    it(`each time that the event occurs is not kept alive for ever, with ${what} collector`, async () => {
      await using end = await startEnd();
      const url = 'server' in end ? end.server.url : end.url;
      using folder = temporaryFolder();
      for (const spool of [{}, { OPENLAYER_SPOOL_DIR: folder.path }]) {
        const variables = { ...publishingTo(url), ...spool, MODE: 'each' };
        assert.equal((await start('before-exit.mts', variables).ended).code, 0);
      }
    });
  }
});
