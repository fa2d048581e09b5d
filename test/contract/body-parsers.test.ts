/** Tracing before the body parsers: what they accept is in the inputs, and what they refuse is a trace as well. */

import assert from 'node:assert/strict';
import { bodyParser } from '@koa/bodyparser';
import type { Tracer } from '@openlayer-tracing/core';
import { openlayerTracing } from '@openlayer-tracing/express';
import { openlayerTracing as honoTracing } from '@openlayer-tracing/hono';
import { openlayerTracing as koaTracing } from '@openlayer-tracing/koa';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import type { Middleware } from 'koa';
import formerBodyParser from 'koa-bodyparser';
import { expressVersions } from './express-frameworks.ts';
import type { Running } from './frameworks.ts';
import { hono } from './hono-frameworks.ts';
import { koaVersions } from './koa-frameworks.ts';
import { httpOf, stageOn } from './stage.ts';

const LIMIT = 100;

/** Serves `POST /`, which takes the question of a JSON body, behind tracing and a parser. */
type Serve = (tracer: Tracer) => Promise<Running>;

const koaParsers: readonly (readonly [string, () => Middleware])[] = [
  ['@koa/bodyparser', () => bodyParser({ jsonLimit: LIMIT })],
  ['koa-bodyparser', () => formerBodyParser({ jsonLimit: `${LIMIT}b` })],
];

const setups: readonly (readonly [name: string, Serve])[] = [
  ...expressVersions.map(({ name, express, serve }): [string, Serve] => [
    name,
    (tracer) =>
      serve((app) => {
        app.use(openlayerTracing({ tracer }));
        app.use(express.json({ limit: LIMIT }));
        app.post('/', (req, res) => void res.json({ asked: req.body.question }));
      }),
  ]),
  ...koaVersions.flatMap(({ name, serve }) =>
    koaParsers.map(([parserName, parser]): [string, Serve] => [
      `${name} with ${parserName}`,
      (tracer) =>
        serve((app) => {
          app.use(koaTracing({ tracer }));
          app.use(parser());
          app.use((ctx) => {
            const { question } = (ctx.request as { body?: { question?: unknown } }).body ?? {};
            ctx.body = { asked: question };
          });
        }),
    ]),
  ),
  [
    'Hono',
    (tracer) =>
      hono.serve((app) => {
        app.use(honoTracing({ tracer }));
        app.use(
          bodyLimit({
            maxSize: LIMIT,
            onError: () => {
              throw new HTTPException(413, { message: 'too large' });
            },
          }),
        );
        app.post('/', async (c) => {
          const body = await c.req.json().catch((error: unknown) => {
            throw new HTTPException(400, { message: 'Unexpected end', cause: error });
          });
          return c.json({ asked: body.question });
        });
        app.onError((error, c) => c.text(error.message, (error as HTTPException).status));
      }),
  ],
];

for (const [name, serve] of setups) {
  describe(`tracing before the body parsers of ${name}`, () => {
    const asked = async (url: string, body: string, status: number) => {
      const headers = { 'content-type': 'application/json', 'x-request-id': `r${status}` };
      const response = await fetch(url, { method: 'POST', body, headers });
      assert.equal(response.status, status);
      await response.text();
    };

    it('has the body that was parsed', async () => {
      await using stage = await stageOn(serve);
      await asked(stage.url, '{"question":"Why?"}', 200);
      const row = await stage.only();
      assert.deepEqual(row.body, { question: 'Why?' });
      assert.deepEqual(row.output, { asked: 'Why?' });
    });

    for (const [what, body, status, error] of [
      ['is no JSON', '{"question":', 400, /JSON|Unexpected end|invalid/i],
      ['is too large', JSON.stringify({ question: 'x'.repeat(LIMIT) }), 413, /too large/],
    ] as const) {
      it(`has the refusal of a body that ${what}, and its error`, async () => {
        await using stage = await stageOn(serve);
        await asked(stage.url, body, status);
        const row = await stage.only();
        assert.deepEqual(
          [row.inferenceId, httpOf(row).status, httpOf(row).outcome],
          [`r${status}`, status, 'completed'],
        );
        assert.match(String(row.metadata?.error), error);
      });
    }
  });
}
