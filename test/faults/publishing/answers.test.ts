import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { DataStreamRequest } from '@openlayer-tracing/core/wire';
import { startCollector } from '../../support/collector.ts';
import { droppedOf, watchConservation } from '../../support/conservation.ts';
import { startFaultyCollector } from '../../support/faulty-collector.ts';
import { publish, quickTracer, until } from './support.ts';

const idsOf = (body: Buffer) =>
  (JSON.parse(body.toString('utf8')) as DataStreamRequest).rows.map((row) => row.inferenceId);

describe('an answer that says no to one row', () => {
  const ROWS = 100;
  const AT_MOST_EXTRA = Math.floor(2 * Math.log2(ROWS) + 1);
  const codes = { 400: 'rejected', 422: 'rejected', 413: 'too_large' } as const;

  for (const status of [400, 422, 413] as const) {
    for (const poison of [0, 37, 64, 99]) {
      it(`${status} isolates row ${poison} of ${ROWS} and keeps the others`, async () => {
        let posts = 0;
        await using collector = await startCollector((_request, response, body) => {
          posts++;
          if (!idsOf(body).includes(`row-${poison}`)) return false;
          response.writeHead(status).end('{"error":"bad row"}');
          return true;
        });
        const { tracer, said } = quickTracer(collector.server.url, {
          batch: { maxBatchRows: ROWS },
        });
        using _watch = watchConservation(tracer);
        publish(tracer, ROWS);
        await tracer.flush();
        const rows = await collector.exactly(ROWS - 1);
        assert.equal(new Set(rows.map((row) => row.inferenceId)).size, ROWS - 1);
        assert.ok(posts - 1 <= AT_MOST_EXTRA, `${posts - 1} extra posts`);
        assert.deepEqual(tracer.stats().dropped, { [codes[status]]: 1 });
        assert.equal(said.length, 1, 'the lost row is said once');
        assert.match(String(said[0]?.error), /bad row/, 'with the reason that the platform gave');
      });
    }
  }

  it('isolates several bad rows, and rows that are busy in between', async () => {
    const bad = new Set(['row-3', 'row-4', 'row-50', 'row-99']);
    let posts = 0;
    await using collector = await startCollector((_request, response, body) => {
      if (posts++ % 5 === 2) {
        response.writeHead(503).end();
        return true;
      }
      if (!idsOf(body).some((id) => bad.has(id))) return false;
      response.writeHead(422).end();
      return true;
    });
    const { tracer } = quickTracer(collector.server.url, { batch: { maxBatchRows: 100 } });
    using _watch = watchConservation(tracer);
    publish(tracer, 100);
    await tracer.flush();
    await collector.exactly(96);
    assert.deepEqual(tracer.stats().dropped, { rejected: 4 });
    assert.equal(tracer.stats().published, 96);
  });

  it('cuts a row visibly that the platform does not take, and no other', async () => {
    await using collector = await startCollector((_request, response, body) => {
      if (body.byteLength <= 100_000) return false;
      response.writeHead(413).end();
      return true;
    });
    const { tracer } = quickTracer(collector.server.url);
    using _watch = watchConservation(tracer);
    publish(tracer, 50, 'small');
    const trace = tracer.startTrace({ name: 'large', inferenceId: 'large' });
    for (let i = 0; i < 4; i++) trace.addStep({ name: 's', output: 'x'.repeat(60_000) });
    trace.end();
    publish(tracer, 49, 'later');
    await tracer.flush();
    const rows = await collector.exactly(100);
    const cut = rows.filter((row) => JSON.stringify(row).includes('too large for the platform'));
    assert.deepEqual(
      cut.map((row) => row.inferenceId),
      ['large'],
    );
    assert.deepEqual(tracer.stats().dropped, {});
  });

  it('isolates by its status also where the answer is longer than any that could be believed', async () => {
    const detail = JSON.stringify({ detail: 'x'.repeat(300_000) });
    await using collector = await startCollector((_request, response, body) => {
      if (!idsOf(body).includes('row-5')) return false;
      response.writeHead(422, { 'Content-Type': 'application/json' }).end(detail);
      return true;
    });
    const { tracer } = quickTracer(collector.server.url);
    publish(tracer, 20);
    await tracer.flush({ deadlineMs: 3000 });
    await collector.exactly(19);
    assert.deepEqual(tracer.stats().dropped, { rejected: 1 });
  });
});

describe('an answer that says no to all', () => {
  const codes = {
    401: 'unauthorized',
    402: 'refused',
    403: 'unauthorized',
    404: 'not_found',
    405: 'refused',
    415: 'refused',
  };

  for (const [status, reason] of Object.entries(codes)) {
    it(`${status} drops and counts the batch, and later rows arrive once it is mended`, async () => {
      let isBroken = true;
      let posts = 0;
      await using collector = await startCollector((_request, response) => {
        posts++;
        if (isBroken) response.writeHead(Number(status)).end('{"error":"no"}');
        return isBroken;
      });
      const { tracer, said } = quickTracer(collector.server.url);
      using _watch = watchConservation(tracer);
      publish(tracer, 4, 'before');
      await tracer.flush();
      publish(tracer, 4, 'again');
      await tracer.flush();
      assert.deepEqual(tracer.stats().dropped, { [reason]: 8 });
      assert.equal(posts, 2, 'no further try');
      assert.equal(said.length, 1, 'said once a minute');
      assert.match(String(said[0]?.error), new RegExp(`returned status ${status}`));
      isBroken = false;
      publish(tracer, 4, 'after');
      await tracer.flush();
      await collector.exactly(4);
      assert.equal(tracer.stats().published, 4);
    });
  }
});

describe('an answer that is no success', () => {
  type Answer = (response: ServerResponse) => void;
  const json = (status: number, text: string): Answer => {
    return (response) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
  };
  const answers: Record<string, Answer> = {
    '200 {"success":false}': json(200, '{"success":false}'),
    '200 {"success":"true"}': json(200, '{"success":"true"}'),
    '200 {"success":1}': json(200, '{"success":1}'),
    '200 []': json(200, '[]'),
    '200 {}': json(200, '{}'),
    '200 null': json(200, 'null'),
    '200 with an empty body': json(200, ''),
    '200 with half an answer': json(200, '{"success":tr'),
    '200 with bytes that are no text': (response) => response.end(Buffer.from([0xff, 0xfe, 0])),
    '200 with a login page': (response) =>
      response
        .writeHead(200, { 'Content-Type': 'text/html' })
        .end('<html><body>{"success":true}</body></html>'),
    '204': (response) => response.writeHead(204).end(),
    '300': json(300, '{"success":true}'),
    '304': (response) => response.writeHead(304).end(),
    '408': json(408, '{"success":true}'),
    '425': json(425, ''),
    '429': json(429, ''),
    '500 {"success":true}': json(500, '{"success":true}'),
    '502 with a page': json(502, '<html>'),
    '503': json(503, ''),
    '504': json(504, ''),
    '599': json(599, ''),
    'an answer without end': (response) => {
      response.on('error', () => {});
      const flood = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', flood);
      };
      flood();
    },
    'gzip that we did not ask for': (response) =>
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(Buffer.from('1f8b0800', 'hex')),
  };

  for (const [what, answer] of Object.entries(answers)) {
    it(`${what} is tried again, and each row arrives once`, async () => {
      let posts = 0;
      await using collector = await startCollector((_request, response) => {
        if (posts++ >= 2) return false;
        answer(response);
        return true;
      });
      const { tracer } = quickTracer(collector.server.url);
      using _watch = watchConservation(tracer);
      publish(tracer, 5);
      await collector.exactly(5);
      await until('all is counted', () => tracer.stats().published === 5);
      assert.equal(posts, 3);
      assert.equal(droppedOf(tracer.stats()), 0);
    });
  }

  for (const status of [301, 302, 303, 307, 308]) {
    it(`${status} is refused: where it leads gets no byte`, async () => {
      await using elsewhere = await startFaultyCollector();
      let posts = 0;
      await using collector = await startCollector((request, response) => {
        if (posts++ >= 2) return false;
        const location = `${elsewhere.url}${request.url?.slice('/v1'.length)}`;
        response.writeHead(status, { Location: location }).end('{"success":true}');
        return true;
      });
      const { tracer, said } = quickTracer(collector.server.url);
      using _watch = watchConservation(tracer);
      publish(tracer, 5);
      await collector.exactly(5);
      assert.equal(elsewhere.connections, 0);
      assert.match(said[0]?.message ?? '', /redirects are not followed/);
    });
  }
});
