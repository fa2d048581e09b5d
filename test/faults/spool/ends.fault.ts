import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  type Child,
  filesIn,
  json,
  publishingTo,
  startChild,
  startCollector,
  temporaryFolder,
  until,
} from './support.ts';

/** Serves requests, ends in its own way while nobody listens, and is started again once somebody does. */
async function lifeAndAfter(
  end: (app: Child) => Promise<unknown>,
  options: Record<string, unknown> = {},
): Promise<{
  outcomes: Map<string, string>;
  code: number | null;
  signal: string | null;
  twice: number;
}> {
  using folder = temporaryFolder();
  const dir = join(folder.path, 'spool');
  await using collector = await startCollector(folder.path, { fault: 'status', status: 503 });
  const variables = publishingTo(collector.url, dir, options);
  const app = await startChild('app.mts', variables);
  for (let i = 0; i < 5; i++) {
    const answer = await fetch(`http://127.0.0.1:${app.port}/chat`, {
      headers: { 'x-request-id': `done-${i}` },
    });
    await answer.text();
  }
  fetch(`http://127.0.0.1:${app.port}/hang`, { headers: { 'x-request-id': 'open' } }).catch(
    () => {},
  );
  // The question is an open request as well.
  await until('the request is open', async () => {
    const { stats } = await json<{ stats: { open: number } }>(app.port, '/stats');
    return stats.open >= 2;
  });
  await end(app);
  const { code, signal } = await app.ended;
  await collector.mode({});
  const next = await startChild('app.mts', variables);
  await collector.has(['done-0', 'done-1', 'done-2', 'done-3', 'done-4', 'open']);
  await until('nothing is left', () =>
    filesIn(dir).every((file) => !file.endsWith('.wal') || file.includes(`-${next.process.pid}-`)),
  );
  const rows = collector.rows();
  await next.kill();
  return {
    outcomes: new Map(rows.map(({ id, outcome }) => [id, String(outcome)])),
    code,
    signal,
    twice: rows.length - new Set(rows.map(({ id }) => id)).size,
  };
}

const ENDS: readonly [
  what: string,
  end: (app: Child) => Promise<unknown>,
  code: number | null,
  signal: string | null,
][] = [
  ['SIGKILL', (app) => app.kill('SIGKILL'), null, 'SIGKILL'],
  ['SIGTERM', (app) => app.kill('SIGTERM'), null, 'SIGTERM'],
  ['SIGINT', (app) => app.kill('SIGINT'), null, 'SIGINT'],
  ['process.abort()', (app) => app.kill('SIGABRT'), null, 'SIGABRT'],
  ['process.exit()', (app) => json(app.port, '/exit').catch(() => {}), 3, null],
  ['an error that nobody catches', (app) => json(app.port, '/throw').catch(() => {}), 1, null],
];

describe('with a spool, the end of a process by', function () {
  this.timeout(60_000);

  for (const mode of ['wal', 'failure-only'] as const) {
    for (const [what, end, code, signal] of ENDS) {
      // Without a log that is written ahead, what a signal cuts off is lost.
      if (mode === 'failure-only' && signal !== null) continue;
      it(`${what} loses nothing (${mode})`, async () => {
        const result = await lifeAndAfter(end, { spool: { dir: undefined, mode } });
        assert.deepEqual({ code: result.code, signal: result.signal }, { code, signal });
        assert.equal(result.twice, 0);
        assert.equal(result.outcomes.get('open'), 'interrupted');
        for (let i = 0; i < 5; i++) assert.equal(result.outcomes.get(`done-${i}`), 'completed');
      });
    }
  }

  it('SIGTERM with handleSignals is the same to whoever sent it', async () => {
    const { code, signal } = await lifeAndAfter((app) => app.kill('SIGTERM'), {
      handleSignals: true,
    });
    assert.deepEqual({ code, signal }, { code: null, signal: 'SIGTERM' });
  });
});
