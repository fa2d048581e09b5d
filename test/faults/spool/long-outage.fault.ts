import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  json,
  publishingTo,
  sleep,
  startChild,
  startCollector,
  temporaryFolder,
  until,
} from './support.ts';

/** Traces of a run; waits are a hundredth of what they are by default, so that minutes stand for hours. */
const TRACES = Number(process.env.TRACES ?? 60_000);

/** All of them are more than fit by default. */
const ROOMY = { maxBytes: 2 ** 30 };

interface Life {
  readonly cpuMicros: number;
  readonly rssMb: number;
  readonly longestMs: number;
  readonly spooled: number;
}

describe('a long outage', function () {
  this.timeout(600_000);

  it('costs neither memory nor time, and is made up for afterwards', async () => {
    using folder = temporaryFolder();
    await using collector = await startCollector(folder.path, {}, { CHECKED: '0' });
    const live = async (name: string): Promise<Life> => {
      const variables = publishingTo(collector.url, join(folder.path, name), {
        retry: { baseMs: 10, capMs: 600 },
        batch: { maxDelayMs: 20 },
        timeoutMs: 300,
        spool: ROOMY,
      });
      const app = await startChild('steady.mts', { ...variables, TRACES: String(TRACES) });
      const line = /result (.*)/;
      await until('it is done', () => line.test(app.output.stdout), 300_000);
      const life = JSON.parse(line.exec(app.output.stdout)?.[1] ?? '') as Life;
      await app.kill();
      return life;
    };
    const healthy = await live('healthy');
    await collector.mode({ fault: 'status', status: 503 });
    const failing = await live('failing');
    await collector.mode({ fault: 'hang' });
    const hung = await live('hung');
    console.log(
      `      healthy ${text(healthy)}\n      failing ${text(failing)}\n      hung    ${text(hung)}`,
    );
    for (const life of [failing, hung]) {
      assert.ok(life.rssMb - healthy.rssMb < 64, 'memory');
      assert.ok(life.spooled > TRACES * 0.9, `${life.spooled} spooled`);
    }
    await collector.mode({});
    const before = collector.rows().length;
    const start = performance.now();
    const next = await startChild(
      'app.mts',
      publishingTo(collector.url, join(folder.path, 'failing'), { spool: ROOMY }),
    );
    const expected = before + failing.spooled;
    await until('the outage is made up for', () => collector.rows().length >= expected, 200_000);
    const rate = failing.spooled / ((performance.now() - start) / 1000);
    const { rss } = await json<{ rss: number }>(next.port, '/stats');
    console.log(`      replayed ${Math.round(rate)} rows/s, ${Math.round(rss / 1048576)} MB`);
    await sleep(500);
    const ids = collector.rows().map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, 'a row came twice');
    await next.kill();
  });
});

function text({ cpuMicros, rssMb, longestMs, spooled }: Life): string {
  return `${cpuMicros.toFixed(1)} µs/trace, ${rssMb.toFixed(0)} MB, event loop held ${longestMs.toFixed(1)} ms at most, ${spooled} spooled`;
}
