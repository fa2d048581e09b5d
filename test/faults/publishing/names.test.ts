/** Collectors by their names. What the resolver says is the one thing that is not real here. */

import assert from 'node:assert/strict';
import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import { boundedTest } from '../../support/bounded-test.ts';
import { watchConservation } from '../../support/conservation.ts';
import { startFaultyCollector } from '../../support/faulty-collector.ts';
import { LOOPBACK } from '../../support/loopback.ts';
import { publish, quickTracer, sleep, timed, until } from './support.ts';

const NAME = 'collector.test';
/** As a setting, since the name is no loopback address. */
const dangerouslyAllowHttp = true;

/** Undefined is none at all. */
type Answer = { readonly addresses: readonly string[] } | { readonly code: string } | undefined;
type Callback = (error: Error | null, found?: string | LookupAddress[], family?: number) => void;

describe('a collector by its name', () => {
  const { lookup } = dns;
  let answer: Answer;
  let questions = 0;

  before(() => {
    const answering = (name: string, options: LookupOptions, callback: Callback) => {
      if (name !== NAME) return lookup(name, options, callback as never);
      questions++;
      const said = answer;
      if (said === undefined) return;
      setImmediate(() => {
        if ('code' in said) {
          callback(Object.assign(new Error(`getaddrinfo ${said.code} ${NAME}`), said));
          return;
        }
        const found = said.addresses.map((address) => ({
          address,
          family: address.includes(':') ? 6 : 4,
        }));
        if (options.all) callback(null, found);
        else callback(null, found[0]?.address, found[0]?.family);
      });
    };
    Object.assign(dns, { lookup: answering });
  });
  beforeEach(() => {
    questions = 0;
  });
  after(() => {
    Object.assign(dns, { lookup });
  });

  for (const code of ['ENOTFOUND', 'EAI_AGAIN']) {
    it(`that is not found (${code}) is asked for once per try, and gets each row later`, async () => {
      await using server = await startFaultyCollector();
      answer = { code };
      const { tracer, said } = quickTracer(`http://${NAME}:${server.port}/v1`, {
        dangerouslyAllowHttp,
        batch: { maxBatchRows: 10 },
        retry: { baseMs: 100, capMs: 100 },
      });
      using _watch = watchConservation(tracer);
      publish(tracer, 500);
      await sleep(400);
      assert.ok(questions > 0 && questions < 60, `${questions} questions for 500 traces`);
      assert.equal(said.length, 1);
      assert.match(said[0]?.message ?? '', new RegExp(`^cannot reach .*${code}`));
      answer = { addresses: [LOOPBACK] };
      await server.takes(500);
      await until('all is counted', () => tracer.stats().published === 500);
      const before = questions;
      for (let i = 0; i < 20; i++) {
        publish(tracer, 10, `later-${i}`);
        await tracer.flush();
      }
      assert.equal(questions, before, 'the connections are kept');
      assert.ok(server.connections <= 2);
    });
  }

  boundedTest(
    'of which nobody says anything holds neither flush nor shutdown, and is given up',
    async () => {
      answer = undefined;
      const { tracer, said } = quickTracer(`http://${NAME}:1/v1`, {
        dangerouslyAllowHttp,
        timeoutMs: 100,
      });
      using _watch = watchConservation(tracer);
      publish(tracer, 5);
      assert.ok((await timed(tracer.flush({ deadlineMs: 300 }))) < 800);
      assert.match(String(said[0]?.message), /no complete response within 100 ms/);
      assert.ok((await timed(tracer.shutdown({ deadlineMs: 60 }))) < 560);
      assert.deepEqual(tracer.stats().dropped, { shut_down: 5 });
    },
  );

  for (const [what, host, addresses] of [
    ['IPv6 and IPv4, and is at the latter,', LOOPBACK, ['::1', LOOPBACK]],
    ['IPv4 and IPv6, and is at the former,', LOOPBACK, [LOOPBACK, '::1']],
    ['IPv4 and IPv6, and is at the latter,', '::1', [LOOPBACK, '::1']],
    ['IPv6 alone', '::1', ['::1']],
  ] as const) {
    it(`that has addresses of ${what} gets its rows`, async () => {
      await using server = await startFaultyCollector({}, { host });
      answer = { addresses };
      const { tracer } = quickTracer(`http://${NAME}:${server.port}/v1`, { dangerouslyAllowHttp });
      using _watch = watchConservation(tracer);
      publish(tracer, 20);
      await server.takes(20);
      await tracer.flush();
      assert.equal(tracer.stats().published, 20);
    });
  }
});
