import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  askAll,
  type Child,
  filesIn,
  json,
  publishingTo,
  sideBySide,
  startChild,
  startCollector,
  temporaryFolder,
  until,
} from './support.ts';

interface End {
  readonly what: string;
  readonly end: (app: Child) => Promise<unknown>;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly options?: Record<string, unknown>;
  readonly variables?: Record<string, string>;
}

const bySignal = (signal: NodeJS.Signals, what: string = signal): End => ({
  what,
  end: (app) => app.kill(signal),
  code: null,
  signal,
});
/** It dies of the answer. */
const ask = (path: string) => (app: Child) => json(app.port, path).catch(() => {});

const ENDS: readonly End[] = [
  bySignal('SIGKILL'),
  bySignal('SIGTERM'),
  { ...bySignal('SIGTERM', 'SIGTERM with handleSignals'), options: { handleSignals: true } },
  bySignal('SIGINT'),
  { ...bySignal('SIGINT', 'SIGINT with handleSignals'), options: { handleSignals: true } },
  bySignal('SIGSEGV', 'a crash of native code'),
  { what: 'process.abort()', end: ask('/abort'), code: null, signal: 'SIGABRT' },
  {
    what: 'memory that runs out',
    end: ask('/leak'),
    code: null,
    signal: 'SIGABRT',
    variables: { NODE_OPTIONS: '--max-old-space-size=64' },
  },
  { what: 'process.exit()', end: ask('/exit'), code: 3, signal: null },
  { what: 'an error that nobody catches', end: ask('/throw'), code: 1, signal: null },
  { what: 'a rejection that nobody handles', end: ask('/reject'), code: 1, signal: null },
];
/** Without a log that is written ahead, what a signal cuts off is lost. */
const ORDERLY: readonly End[] = ENDS.filter(
  ({ signal, options }) => signal === null || options !== undefined,
).map((end) => ({ ...end, options: { ...end.options, spool: { mode: 'failure-only' } } }));

/** Serves requests, ends in its own way while nobody listens, and is started again once somebody does. */
async function lifeAndAfter({ end, code, signal, options, variables: others }: End): Promise<void> {
  using folder = temporaryFolder();
  const dir = join(folder.path, 'spool');
  await using collector = await startCollector(folder.path, { fault: 'status', status: 503 });
  const variables = publishingTo(collector.url, dir, options);
  const app = await startChild('app.mts', { ...variables, ...others });
  const ids = await askAll(app.port, 'done', 5);
  fetch(`http://127.0.0.1:${app.port}/hang`, { headers: { 'x-request-id': 'open' } }).catch(
    () => {},
  );
  // The question is an open request as well.
  await until('the request is open', async () => {
    const { stats } = await json<{ stats: { open: number } }>(app.port, '/stats');
    return stats.open >= 2;
  });
  await end(app);
  const ended = await app.ended;
  assert.deepEqual([ended.code, ended.signal], [code, signal]);
  await collector.mode({});
  const next = await startChild('app.mts', variables);
  await collector.has([...ids, 'open']);
  await until('nothing is left', () =>
    filesIn(dir).every((file) => !file.endsWith('.wal') || file.includes(`-${next.process.pid}-`)),
  );
  const rows = collector.rows();
  await next.kill();
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length, 'a row came twice');
  const outcomes = new Map(rows.map(({ id, outcome }) => [id, outcome]));
  assert.equal(outcomes.get('open'), 'interrupted');
  for (const id of ids) assert.equal(outcomes.get(id), 'completed');
}

describe('with a spool, the end of a process by', function () {
  this.timeout(120_000);
  const ends = [...ENDS, ...ORDERLY];
  let lives: readonly Promise<void>[] = [];

  before(async () => {
    lives = sideBySide(
      2,
      ends.map((end) => () => lifeAndAfter(end)),
    );
    await Promise.allSettled(lives);
  });

  for (const [i, { what, options }] of ends.entries()) {
    const mode = options?.spool === undefined ? 'wal' : 'failure-only';
    it(`${what} has the same exit code and signal as without a spool, and loses nothing (${mode})`, async () => {
      await lives[i];
    });
  }
});
