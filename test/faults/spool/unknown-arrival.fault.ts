/** Rows of which it is not known whether they arrived: the platform is asked before they are sent again. */

import assert from 'node:assert/strict';
import { startCollector } from '../../support/collector.ts';
import { assertConserved } from '../../support/conservation.ts';
import { publish, until } from '../publishing/support.ts';
import { spooling, temporaryFolder } from './support.ts';

const TOO_LARGE = 100_000;

describe('rows that may have arrived', () => {
  for (const failing of [1, 2, 3]) {
    it(`are delivered once, also where the platform does not answer lookup ${failing} of three`, async () => {
      using folder = temporaryFolder();
      let sent = 0;
      let asked = 0;
      await using collector = await startCollector((request, response) => {
        if (request.method === 'POST') {
          sent++;
          // What was taken is taken; nobody hears of it.
          if (sent === 1) response.end = () => response.destroy();
        } else if (++asked === failing) {
          response.writeHead(503).end();
          return true;
        }
        return false;
      });
      const { tracer } = spooling(collector.server.url, folder.path, { retry: { baseMs: 5 } });
      publish(tracer, 3);
      await until('all have arrived', () => tracer.stats().published === 3);
      assert.equal(sent, 1);
      assertConserved(tracer.stats());
      await tracer.shutdown();
    });
  }

  for (const status of [400, 401, 403, 405, 410, 422]) {
    it(`are sent again where the platform does not offer the lookup, or not to this key: ${status}`, async () => {
      using folder = temporaryFolder();
      let sent = 0;
      await using collector = await startCollector((request, response) => {
        if (request.method === 'GET') {
          response.writeHead(status).end('{"error":"Missing Authentication Token"}');
          return true;
        }
        sent++;
        if (sent > 1) return false;
        response.destroy();
        return true;
      });
      const { tracer } = spooling(collector.server.url, folder.path, { retry: { baseMs: 5 } });
      publish(tracer, 3);
      await until('all have arrived', () => tracer.stats().published === 3);
      assert.deepEqual([sent, tracer.stats().quarantined], [2, 0]);
      assertConserved(tracer.stats());
      await tracer.shutdown();
    });
  }

  it('are only those of the batches in flight where a tracer was shut down', async () => {
    using folder = temporaryFolder();
    let isHung = true;
    let sent = 0;
    let asked = 0;
    await using collector = await startCollector((request) => {
      if (request.method === 'POST') sent++;
      else asked++;
      return isHung;
    });
    const options = { timeoutMs: 60_000, batch: { maxBatchRows: 5 }, retry: { baseMs: 5 } };
    const { tracer } = spooling(collector.server.url, folder.path, options);
    publish(tracer, 50);
    await until('two batches are in flight', () => sent === 2);
    await tracer.shutdown({ deadlineMs: 50 });
    assert.deepEqual([tracer.stats().spooled, sent, asked], [50, 2, 0]);
    isHung = false;
    const { tracer: next } = spooling(collector.server.url, folder.path, options);
    await until(
      'all have arrived',
      () => next.stats().adopted.published + next.stats().published === 50,
    );
    assert.equal(asked, 10);
    await next.shutdown();
  });

  it('are delivered once, also where they had to be cut', async () => {
    using folder = temporaryFolder();
    let taken = 0;
    await using collector = await startCollector((request, response, body) => {
      if (request.method !== 'POST') return false;
      if (body.byteLength > TOO_LARGE) {
        response.writeHead(413).end();
        return true;
      }
      if (++taken === 1) response.end = () => response.destroy();
      return false;
    });
    const { tracer } = spooling(collector.server.url, folder.path, { retry: { baseMs: 5 } });
    const trace = tracer.startTrace({ name: 'large', inferenceId: 'large' });
    for (let i = 0; i < 4; i++) trace.addStep({ name: 's', output: 'x'.repeat(60_000) });
    trace.end();
    await until('it has arrived', () => tracer.stats().published === 1);
    assert.equal(taken, 1);
    assertConserved(tracer.stats());
    await tracer.shutdown();
  });
});
