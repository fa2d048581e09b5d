/** Files of forms: their names, types and sizes are in the inputs, their bytes are not. */

import assert from 'node:assert/strict';
import koaMulter from '@koa/multer';
import type { Tracer } from '@openlayer-tracing/core';
import { openlayerTracing as forExpress } from '@openlayer-tracing/express';
import { openlayerTracing as forHono } from '@openlayer-tracing/hono';
import { openlayerTracing as forKoa } from '@openlayer-tracing/koa';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Middleware } from 'koa';
import multer from 'multer';
import { expressVersions } from '../express/frameworks.ts';
import type { Running } from '../harness/frameworks.ts';
import { stageOn } from '../harness/stage.ts';
import { hono } from '../hono/frameworks.ts';
import { koaVersions } from '../koa/frameworks.ts';

const ONE = { report: '[fees.pdf, application/pdf, 50000 bytes]' };
const MORE = {
  report: [ONE.report, '[notes.txt, text/plain, 4 bytes]'],
  picture: '[cat.png, image/png, 3 bytes]',
};

interface Setup {
  readonly name: string;
  readonly serve: (tracer: Tracer) => Promise<Running>;
  /** The files that are recorded of the form with one file. */
  readonly one?: object;
  readonly more?: object;
}

const refuse: ErrorRequestHandler = (_error, _req, res, _next) => void res.send('refused');

const setups: Setup[] = [];
for (const { name, serve } of expressVersions) {
  const ways: Readonly<Record<string, readonly [parser: RequestHandler, isFirst: boolean]>> = {
    'multer().any()': [multer().any(), false],
    'multer().any(), before tracing': [multer().any(), true],
    'multer().fields()': [multer().fields([{ name: 'report' }, { name: 'picture' }]), false],
  };
  for (const [way, [parser, isFirst]] of Object.entries(ways)) {
    setups.push({
      name: `${name} with ${way}`,
      serve: (tracer) =>
        serve((app) => {
          const tracing = forExpress({ tracer });
          for (const each of isFirst ? [parser, tracing] : [tracing, parser]) app.use(each);
          app.post('/', (_req, res) => void res.send('ok'));
        }),
    });
  }
  setups.push({
    name: `${name} with multer().single()`,
    more: {},
    serve: (tracer) =>
      serve((app) => {
        app.use(forExpress({ tracer }));
        app.post('/', multer().single('report'), (_req, res) => void res.send('ok'));
        app.use(refuse);
      }),
  });
  setups.push({
    name: `${name} with files as express-fileupload describes them`,
    serve: (tracer) =>
      serve((app) => {
        app.use(forExpress({ tracer }));
        app.use(multer().any(), (req, _res, next) => {
          const files: Record<string, object[]> = {};
          for (const {
            fieldname,
            originalname,
            mimetype,
            size,
            buffer,
          } of req.files as Express.Multer.File[]) {
            files[fieldname] = [
              ...(files[fieldname] ?? []),
              { name: originalname, mimetype, size, data: buffer },
            ];
          }
          Reflect.set(req, 'files', files);
          next();
        });
        app.post('/', (_req, res) => void res.send('ok'));
      }),
  });
}
for (const { name, serve } of koaVersions) {
  const formidable: Middleware = async (ctx, next) => {
    const files: Record<string, object> = {};
    for (const { fieldname, originalname, mimetype, size } of (
      ctx.req as never as { files: Express.Multer.File[] }
    ).files) {
      const before = files[fieldname];
      const file = { originalFilename: originalname, mimetype, size, filepath: '/tmp/x' };
      files[fieldname] = before === undefined ? file : [before, file];
    }
    Reflect.set(ctx.req, 'files', undefined);
    Reflect.set(ctx.request, 'files', files);
    await next();
  };
  for (const [way, parsers] of Object.entries({
    '@koa/multer': [koaMulter().any()],
    'files as koa-body describes them': [koaMulter().any(), formidable],
  })) {
    setups.push({
      name: `${name} with ${way}`,
      serve: (tracer) =>
        serve((app) => {
          app.use(forKoa({ tracer }));
          for (const each of parsers) app.use(each as Middleware);
          app.use((ctx) => {
            ctx.body = 'ok';
          });
        }),
    });
  }
}
for (const isWeb of [false, true]) {
  setups.push({
    name: isWeb ? 'Hono by web requests' : 'Hono on a Node server',
    serve: (tracer) =>
      hono.serve((app) => {
        app.use(async (c, next) => {
          if (isWeb) c.env = {};
          await next();
        });
        app.use(forHono({ tracer }));
        app.post('/', async (c) => c.text(String((await c.req.formData()) !== undefined)));
      }),
  });
}

function formOf(more: boolean): FormData {
  const form = new FormData();
  form.set('title', 'Fees');
  form.set('password', 'hush');
  form.set('report', new Blob([Buffer.alloc(50_000)], { type: 'application/pdf' }), 'fees.pdf');
  if (!more) return form;
  form.append('report', new Blob(['text'], { type: 'text/plain' }), 'notes.txt');
  form.set('picture', new Blob(['png'], { type: 'image/png' }), 'cat.png');
  return form;
}

describe('an upload', () => {
  for (const { name, serve, one = ONE, more = MORE } of setups) {
    it(`has its fields and its files in the inputs, on ${name}`, async () => {
      await using stage = await stageOn(serve);
      for (const [n, files] of [one, more].entries()) {
        const response = await fetch(stage.url, { method: 'POST', body: formOf(n === 1) });
        await response.text();
        const body = (await stage.rows(n + 1))[n]?.body;
        const fields = { title: 'Fees', password: '[redacted]' };
        if (Object.keys(files).length > 0) assert.deepEqual(body, { ...fields, ...files });
      }
    });
  }

  for (const [name, serve] of [
    ...expressVersions.map(
      (version) =>
        [
          version.name,
          (tracer: Tracer) =>
            version.serve((app) => {
              app.use(forExpress({ tracer }));
              app.post('/', (req, res) => void req.resume().on('end', () => res.send('ok')));
            }),
        ] as const,
    ),
    ...koaVersions.map(
      (version) =>
        [
          version.name,
          (tracer: Tracer) =>
            version.serve((app) => {
              app.use(forKoa({ tracer }));
              app.use(async (ctx) => {
                for await (const _ of ctx.req);
                ctx.body = 'ok';
              });
            }),
        ] as const,
    ),
    [
      'Hono',
      (tracer: Tracer) =>
        hono.serve((app) => {
          app.use(forHono({ tracer }));
          app.post('/', async (c) => c.text(String((await c.req.arrayBuffer()).byteLength)));
        }),
    ] as const,
  ]) {
    it(`has its size in the inputs if no parser has read it, on ${name}`, async () => {
      await using stage = await stageOn(serve);
      const body = new Response(formOf(false));
      const type = body.headers.get('content-type') ?? '';
      const bytes = new Uint8Array(await body.arrayBuffer());
      const init = { method: 'POST', body: bytes, headers: { 'content-type': type } };
      await (await fetch(stage.url, init)).text();
      assert.equal((await stage.only()).body, `[multipart/form-data: ${bytes.byteLength} bytes]`);
    });
  }

  const tooLarge = { limits: { fileSize: 10 } };
  const UNFILLED: readonly (readonly [name: string, serve: Setup['serve']])[] = [
    ...expressVersions.flatMap(({ name, express, serve }): [string, Setup['serve']][] => [
      [
        `multer refuses its file, on ${name}`,
        (tracer) =>
          serve((app) => {
            app.use(forExpress({ tracer }));
            app.post('/', multer(tooLarge).any(), (_req, res) => void res.send('ok'));
            app.use(refuse);
          }),
      ],
      [
        `only a parser of JSON has seen it, on ${name}`,
        (tracer) =>
          serve((app) => {
            app.use(forExpress({ tracer }));
            app.use(express.json());
            app.post('/', (req, res) => {
              req.body ??= {};
              req.resume().on('end', () => res.send('ok'));
            });
          }),
      ],
    ]),
    ...koaVersions.map(({ name, serve }): [string, Setup['serve']] => [
      `@koa/multer refuses its file, on ${name}`,
      (tracer) =>
        serve((app) => {
          app.silent = true;
          app.use(forKoa({ tracer }));
          app.use(koaMulter(tooLarge).any() as Middleware);
        }),
    ]),
  ];
  for (const [name, serve] of UNFILLED) {
    it(`has its size in the inputs if ${name}`, async () => {
      await using stage = await stageOn(serve);
      const form = new FormData();
      form.set('report', new Blob([Buffer.alloc(50_000)], { type: 'application/pdf' }), 'fees.pdf');
      await (await fetch(stage.url, { method: 'POST', body: form })).text();
      assert.match(String((await stage.only()).body), /^\[multipart\/form-data: 50\d{3} bytes\]$/);
    });
  }
});
