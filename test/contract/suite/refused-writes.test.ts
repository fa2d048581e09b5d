/** What the response refuses was never sent: the row shows what the app sent in its place. */

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { openlayerTracing } from '@openlayer-tracing/express';
import type { ErrorRequestHandler } from 'express';
import { temporaryFolder } from '../../faults/temporary-folder.ts';
import { expressVersions } from '../express/frameworks.ts';
import { httpOf, stageOn } from '../harness/stage.ts';

const DRAFT = 'a draft that is never sent';
const PAGE = 'bad gateway';

/** Calls that Node's response throws for, before it sends anything of them. */
const REFUSED: Readonly<Record<string, (res: ServerResponse) => void>> = {
  'end, for its status': (res) => {
    Object.assign(res, { statusCode: 'ECONNREFUSED' });
    res.end(DRAFT);
  },
  'write, for its status': (res) => {
    Object.assign(res, { statusCode: 'ECONNREFUSED' });
    res.write(DRAFT);
  },
  'write, for the length of the body': (res) => {
    res.strictContentLength = true;
    res.statusCode = 502;
    res.setHeader('content-length', PAGE.length);
    res.write(PAGE);
    assert.throws(() => res.write(DRAFT), { code: 'ERR_HTTP_CONTENT_LENGTH_MISMATCH' });
    res.end();
  },
  'write, for a chunk of the wrong type': (res) => {
    (res as { write(chunk: unknown): void }).write({ draft: DRAFT });
  },
};

for (const { name, serve } of expressVersions) {
  for (const spool of [false, true]) {
    describe(`${name}${spool ? ', with a spool,' : ''} whose response refuses`, () => {
      for (const [what, write] of Object.entries(REFUSED)) {
        it(`${what} has the output and the bytes that the client received`, async () => {
          using folder = temporaryFolder();
          await using stage = await stageOn(
            (tracer) =>
              serve((app) => {
                app.use(openlayerTracing({ tracer }));
                app.get('/', (_req, res) => {
                  res.setHeader('content-type', 'text/plain');
                  write(res);
                });
                const answer: ErrorRequestHandler = (_error, _req, res, _next) => {
                  res.statusCode = 502;
                  res.end(PAGE);
                };
                app.use(answer);
              }),
            spool ? { tracer: { spool: { dir: folder.path } } } : {},
          );
          const response = await fetch(stage.url);
          assert.deepEqual([response.status, await response.text()], [502, PAGE]);
          const row = await stage.only();
          assert.deepEqual([row.output, httpOf(row).bytes], [PAGE, PAGE.length]);
        });
      }
    });
  }
}

for (const { name, serve } of expressVersions) {
  describe(`${name} whose app gives a body to a response that has none`, () => {
    for (const [method, status] of [
      ['HEAD', 200],
      ['GET', 204],
      ['GET', 304],
    ] as const) {
      it(`counts no bytes for ${method} and ${status}`, async () => {
        await using stage = await stageOn((tracer) =>
          serve((app) => {
            app.use(openlayerTracing({ tracer }));
            app.use((_req, res) => res.status(status).end(PAGE));
          }),
        );
        const response = await fetch(stage.url, { method });
        assert.deepEqual([response.status, await response.text()], [status, '']);
        const row = await stage.only();
        assert.deepEqual([row.output, httpOf(row).bytes], [null, 0]);
      });
    }
  });
}
