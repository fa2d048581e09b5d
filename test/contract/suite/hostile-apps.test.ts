/** Apps that are hard to watch: what we cannot see of them is a diagnostic, and costs that fact alone. */

import assert from 'node:assert/strict';
import { openlayerTracing } from '@openlayer-tracing/express';
import type { ErrorRequestHandler, Express, RequestHandler } from 'express';
import { expressVersions } from '../express/frameworks.ts';
import { httpOf, stageOn, stepsOf } from '../harness/stage.ts';

const fail = (): never => {
  throw new Error('not for you');
};

const KABOOM = new RangeError('kaboom');

/** By what is hard to watch: middleware that passes an error on. */
const HOSTILE: Readonly<Record<string, (app: Express) => void>> = {
  'a handler that throws where it is looked at': (app) => {
    const handler: RequestHandler = (_req, _res, next) => next(KABOOM);
    app.use(new Proxy(handler, { has: fail }));
  },
  'a request whose app cannot be read': (app) => {
    app.use((req, _res, next) => {
      Object.defineProperty(req, 'app', { get: fail, configurable: true });
      next(KABOOM);
    });
  },
  'an app that throws where it is looked at': (app) => {
    app.use((req, _res, next) => {
      const unreadable = new Proxy({}, { get: fail });
      Object.defineProperty(req, 'app', { value: unreadable, configurable: true });
      next(KABOOM);
    });
  },
};

for (const { name, serve } of expressVersions) {
  describe(`${name} with`, () => {
    for (const [what, define] of Object.entries(HOSTILE)) {
      it(`${what} has its error in the trace, and a diagnostic`, async () => {
        const seen: unknown[] = [];
        await using stage = await stageOn(
          (tracer) =>
            serve((app) => {
              app.use(openlayerTracing({ tracer }));
              define(app);
              const answer: ErrorRequestHandler = (error, req, res, _next) => {
                seen.push(error);
                req.trace.step('answer', () => {});
                res.end('sorry');
              };
              app.use(answer);
            }),
          { diagnostics: ['internal_error'] },
        );
        const response = await fetch(stage.url);
        assert.deepEqual([response.status, await response.text()], [200, 'sorry']);
        assert.deepEqual(seen, [KABOOM]);
        const row = await stage.only();
        assert.deepEqual([httpOf(row).status, row.metadata?.error], [200, 'kaboom']);
        assert.match(stepsOf(row), /└─ answer/);
        const said = new Set((await stage.diagnostics()).map(({ message }) => message));
        assert.deepEqual([...said], ['tracing failed in layer; the app is not affected']);
      });
    }
  });
}
