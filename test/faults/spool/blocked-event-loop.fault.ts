import assert from 'node:assert/strict';
import { join } from 'node:path';
import { publishingTo, sleep, startChild, startCollector, temporaryFolder } from './support.ts';

const BLOCKED_MS = Number(process.env.BLOCKED_MS ?? 10_000);
const MAX_AGE_MS = 1500;

describe('an event loop that the app blocks for longer than requests may be open', () => {
  it('makes no request abandoned that is answered when it goes on', async () => {
    using folder = temporaryFolder();
    await using collector = await startCollector(folder.path);
    const options = { maxAgeMs: MAX_AGE_MS };
    const app = await startChild(
      'app.mts',
      publishingTo(collector.url, join(folder.path, 'spool'), options),
    );
    const ask = (path: string, id: string) =>
      fetch(`http://127.0.0.1:${app.port}${path}`, { headers: { 'x-request-id': id } });
    const late = ask('/late?ms=500', 'late');
    ask('/hang', 'never').catch(() => {});
    await sleep(100);
    const begun = performance.now();
    assert.equal((await ask(`/block?ms=${BLOCKED_MS}`, 'blocking')).status, 200);
    assert.equal((await late).status, 200);
    assert.ok(performance.now() - begun > BLOCKED_MS - 10);
    await collector.has(['late', 'blocking', 'never']);
    const outcomes = collector.rows().map(({ id, outcome }) => `${id} ${outcome}`);
    assert.deepEqual(outcomes.sort(), ['blocking completed', 'late completed', 'never abandoned']);
    await app.kill();
  });
});
