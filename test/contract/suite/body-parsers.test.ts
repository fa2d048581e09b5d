/** Tracing before the body parsers: what they accept is in the inputs, and what they refuse is a trace as well. */

import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { bodyParser } from '@koa/bodyparser';
import type { Tracer } from '@openlayer-tracing/core';
import { openlayerTracing } from '@openlayer-tracing/express';
import { openlayerTracing as honoTracing } from '@openlayer-tracing/hono';
import { openlayerTracing as koaTracing } from '@openlayer-tracing/koa';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import type { Middleware } from 'koa';
import formerBodyParser from 'koa-bodyparser';
import { expressVersions } from '../express/frameworks.ts';
import type { Running } from '../harness/frameworks.ts';
import { httpOf, stageOn } from '../harness/stage.ts';
import { hono } from '../hono/frameworks.ts';
import { koaVersions } from '../koa/frameworks.ts';

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

/** Serves `POST /`, where the app itself reads the body as text in this encoding. */
const reading: readonly (readonly [
  name: string,
  serve: (tracer: Tracer, encoding: BufferEncoding, maxBytes: number) => Promise<Running>,
])[] = [
  ...expressVersions.map(
    ({ name, serve }) =>
      [
        name,
        (tracer: Tracer, encoding: BufferEncoding, maxBytes: number) =>
          serve((app) => {
            app.use(openlayerTracing({ tracer, capture: { maxBytes } }));
            app.post('/', async (req, res) => {
              res.json({ read: await readAs(req, encoding) });
            });
          }),
      ] as const,
  ),
  ...koaVersions.map(
    ({ name, serve }) =>
      [
        name,
        (tracer: Tracer, encoding: BufferEncoding, maxBytes: number) =>
          serve((app) => {
            app.use(koaTracing({ tracer, capture: { maxBytes } }));
            app.use(async (ctx) => {
              ctx.body = { read: await readAs(ctx.req, encoding) };
            });
          }),
      ] as const,
  ),
  [
    'Hono',
    (tracer, encoding, maxBytes) =>
      hono.serve((app) => {
        app.use(honoTracing({ tracer, capture: { maxBytes } }));
        app.post('/', async (c) => {
          const { incoming } = c.env as HttpBindings;
          return c.json({ read: await readAs(incoming, encoding) });
        });
      }),
  ],
];

/** What the app reads: the text of the chunks as the request emits them. */
async function readAs(req: IncomingMessage, encoding: BufferEncoding): Promise<string> {
  req.setEncoding(encoding);
  let text = '';
  for await (const chunk of req) text += String(chunk);
  return text;
}

for (const [name, serve] of reading) {
  describe(`a body that an app of ${name} reads itself`, () => {
    for (const encoding of ['utf8', 'latin1', 'base64', 'hex', 'utf16le'] as const) {
      for (const [what, maxBytes, seen] of [
        ['whole at the limit', 20, 'Grüße, 世界 🎉'],
        ['cut one byte above', 19, 'Grüße, 世界 … [cut: 20 bytes in all]'],
        ['cut in the middle', 13, 'Grüße, 世… [cut: 20 bytes in all]'],
      ] as const) {
        it(`as ${encoding} is ${what}`, async () => {
          await using stage = await stageOn((tracer) => serve(tracer, encoding, maxBytes));
          const body = Buffer.from('Grüße, 世界 🎉');
          const headers = { 'content-type': 'text/plain' };
          const response = await fetch(stage.url, { method: 'POST', body, headers });
          assert.deepEqual(await response.json(), { read: body.toString(encoding) });
          assert.equal((await stage.only()).body, seen);
        });
      }
    }
  });
}

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
