import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { assertConserved } from '../../support/conservation.ts';
import { type Fault, startFaultyCollector } from '../../support/faulty-collector.ts';
import { BROKEN, HUNG } from '../publishing/misdeeds.ts';
import { publish, quickTracer, timed } from '../publishing/support.ts';
import { filesIn, sleep, temporaryFolder } from './support.ts';

const ROWS = 45;
const DEADLINE_MS = 2000;

const STATUSES: readonly [status: number, headers?: Record<string, string>][] = [
  [200],
  [307, { Location: 'http://127.0.0.1:9/' }],
  [401],
  [403],
  [404],
  [408],
  [429, { 'Retry-After': '3600' }],
  [500],
  [503],
];

const FAULTS: readonly (readonly [what: string, fault: Fault])[] = [
  ...Object.entries({ ...BROKEN, ...HUNG }).map(([what, misdeed]): [string, Fault] => [
    what,
    {
      connection(socket) {
        misdeed(socket);
        return true;
      },
    },
  ]),
  ...STATUSES.map(([status, headers = {}]): [string, Fault] => [
    `answers ${status} without success`,
    {
      call(response) {
        response.writeHead(status, headers).end('{}');
        return true;
      },
    },
  ]),
];

interface End {
  readonly tookMs: number;
  /** How late a timer was that was set at the same moment: the machine is not always ours. */
  readonly lateMs: number;
}

async function end(fault: Fault): Promise<End> {
  using folder = temporaryFolder();
  await using server = await startFaultyCollector(fault);
  const { tracer } = quickTracer(server.url, {
    timeoutMs: 60_000,
    batch: { maxBatchRows: 10 },
    spool: { dir: folder.path },
  });
  const ids = publish(tracer, ROWS);
  await sleep(50);
  const [tookMs, timerMs] = await Promise.all([
    timed(tracer.shutdown({ deadlineMs: DEADLINE_MS })),
    timed(sleep(DEADLINE_MS)),
  ]);
  const stats = tracer.stats();
  assertConserved(stats);
  assert.deepEqual(
    { spooled: stats.spooled, published: stats.published, dropped: stats.dropped },
    { spooled: ROWS, published: 0, dropped: {} },
  );
  const text = filesIn(folder.path).map((file) => readFileSync(file, 'latin1'));
  for (const id of ids) assert.ok(text.join('').includes(`${id}\n`), `${id} is not on disk`);
  return { tookMs, lateMs: timerMs - DEADLINE_MS };
}

describe('with a spool, shutdown({ deadlineMs: 2000 }) to a collector that', () => {
  let ends: readonly Promise<End>[] = [];

  // All at once: most of it is waiting.
  before(async () => {
    ends = FAULTS.map(([, fault]) => end(fault));
    await Promise.allSettled(ends);
  });

  for (const [i, [what]] of FAULTS.entries()) {
    it(`${what} takes 2.1 s at most, and what has not arrived is on disk`, async () => {
      const { tookMs, lateMs } = (await ends[i]) as End;
      assert.ok(tookMs - lateMs <= DEADLINE_MS + 100, `${tookMs} ms, ${lateMs} ms late`);
      if (Object.hasOwn(HUNG, what)) assert.ok(tookMs > DEADLINE_MS - 10, `${tookMs} ms`);
    });
  }

  after(async () => {
    const all = (await Promise.allSettled(ends)).flatMap((each) =>
      each.status === 'fulfilled' ? [each.value.tookMs] : [],
    );
    all.sort((a, b) => a - b);
    console.log(
      `      ${all.length} shutdowns in ${all.at(0)?.toFixed()} to ${all.at(-1)?.toFixed()} ms`,
    );
  });
});
