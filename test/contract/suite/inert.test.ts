/** Requests that are not traced: what their code does is in no trace, and starts none. */

import assert from 'node:assert/strict';
import { AsyncResource } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { type RequestTrace, startStep, step, trace } from '@openlayer-tracing/core';
import { startCall } from '@openlayer-tracing/core/integration';
import { captureTraces } from '@openlayer-tracing/core/testing';
import * as onExpress from '@openlayer-tracing/express';
import * as onHono from '@openlayer-tracing/hono';
import * as onKoa from '@openlayer-tracing/koa';
import express from 'express';
import { Hono } from 'hono';
import Koa from 'koa';

type Handler = (trace: RequestTrace) => Promise<unknown>;

/** Starts an app that skips `/off`, and has the handler answer. */
type Start = (handler: Handler) => Promise<Server>;

const skip = (path: string) => path === '/off';

const APPS: Readonly<Record<string, Start>> = {
  async Express(handler) {
    const app = express();
    app.use(onExpress.openlayerTracing({ skip: ({ path }) => skip(path) }));
    app.use(async (req, res) => {
      res.json(await handler(req.trace));
    });
    return listening(createServer(app));
  },
  async Koa(handler) {
    const app = new Koa();
    app.use(onKoa.openlayerTracing({ skip: ({ path }) => skip(path) }));
    app.use(async (ctx) => {
      ctx.body = await handler(ctx.trace);
    });
    return listening(createServer(app.callback()));
  },
  async Hono(handler) {
    const app = new Hono();
    app.use(onHono.openlayerTracing({ skip: ({ req }) => skip(req.path) }));
    app.all('*', async (c) => c.json((await handler(c.var.trace)) as object));
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
    if (!server.listening) await once(server, 'listening');
    return server;
  },
};

async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const urlOf = (server: Server, path: string) =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

const outside = new AsyncResource('outside of every request');

/** Runs a function as a pool or an emitter does that was made before the request. */
const lost = <R>(fn: () => R): R => outside.runInAsyncScope(fn);

/** How an app gets back into the scope of its request. Each is asked within it, and run outside. */
const WAYS: Readonly<Record<string, (trace: RequestTrace, work: () => unknown) => () => unknown>> =
  {
    'trace.run': (own, work) => () => own.run(work),
    'trace.bind': (own, work) => own.bind(work),
    'trace.step': (own, work) => () => own.step('s', work),
    'trace.startStep': (own, work) => () => own.startStep('s').run(work),
    'a step that was started before': (own, work) => {
      const started = own.startStep('s');
      return () => started.run(work);
    },
    'the step within a step': (own, work) => () =>
      own.step('s', (outer) => lost(() => outer.step('t', work))),
    'the root': (own, work) => () => own.root.run(work),
    'the current step': (own, work) => {
      const { current } = own;
      return () => current.step('s', work);
    },
    'startStep()': (_own, work) => {
      const started = startStep('s');
      return () => started.run(work);
    },
    'the step of step()': (_own, work) =>
      step('s', (given) => () => given.startStep('t').run(work)),
  };

for (const [name, start] of Object.entries(APPS)) {
  describe(`a request to ${name} that is not traced`, () => {
    it('starts no trace by what it calls', async () => {
      using traces = captureTraces();
      const search = trace(async () => 'found', { name: 'search' });
      const server = await start(async () => {
        await search();
        assert.equal(startCall({ name: 'a model', type: 'chat_completion' }), undefined);
        step('free', () => {});
        startStep('also free').end();
        return { ok: true };
      });
      assert.equal((await fetch(urlOf(server, '/off'))).status, 200);
      assert.deepEqual(await traces.rows(), []);
      server.close();
    });

    for (const [way, runBy] of Object.entries(WAYS)) {
      it(`starts no trace where its scope was lost and found again by ${way}`, async () => {
        using traces = captureTraces();
        const search = trace(() => 'private', { name: 'search' });
        let ran = 0;
        const work = () => {
          search();
          ran++;
          return startCall({ name: 'a model', type: 'chat_completion' });
        };
        const server = await start(async (own) => {
          const run = runBy(own, work);
          assert.equal(lost(run), undefined);
          return { ok: true };
        });
        assert.equal((await fetch(urlOf(server, '/off'))).status, 200);
        assert.equal(ran, 1);
        assert.deepEqual(await traces.rows(), []);
        server.close();
      });
    }

    it('is in no trace whose code runs what it bound', async () => {
      using traces = captureTraces();
      const jobs: (() => void)[] = [];
      const server = await start(async (current) => {
        jobs.push(current.bind(() => step('of a request', () => {})));
        return { ok: true };
      });
      await fetch(urlOf(server, '/off'));
      jobs.push(...jobs.splice(0));
      await fetch(urlOf(server, '/on'));
      const [off] = jobs;
      const other = await start(async () => {
        off?.();
        return { ok: true };
      });
      await fetch(urlOf(other, '/on'));
      const rows = await traces.rows();
      assert.deepEqual(
        rows.flatMap((row) => row.steps[0]?.steps ?? []),
        [],
      );
      server.close();
      other.close();
    });

    it('lives on where work that it named fails', async () => {
      using traces = captureTraces();
      const unhandled: unknown[] = [];
      const note = (reason: unknown) => unhandled.push(reason);
      process.on('unhandledRejection', note);
      const server = await start(async (current) => {
        current.waitUntil(Promise.reject(new Error('the work failed')));
        return { ok: true };
      });
      for (const path of ['/off', '/on']) {
        assert.equal((await fetch(urlOf(server, path))).status, 200);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
      process.off('unhandledRejection', note);
      assert.deepEqual(unhandled, []);
      assert.equal((await traces.rows()).length, 1);
      server.close();
    });

    it('is told when its client leaves', async () => {
      using _traces = captureTraces();
      const left: Promise<void>[] = [];
      let hasBegun = () => {};
      const server = await start(async ({ signal }) => {
        assert.equal(signal.aborted, false);
        left.push(
          new Promise((resolve) => {
            signal.addEventListener('abort', () => resolve());
          }),
        );
        hasBegun();
        await left[0];
        return { ok: true };
      });
      const begun = new Promise<void>((resolve) => {
        hasBegun = resolve;
      });
      const sent = request(urlOf(server, '/off')).on('error', () => {});
      sent.end();
      await begun;
      sent.destroy();
      await left[0];
      server.close();
    });
  });
}

describe('a step over the limit of its trace', () => {
  it('runs its code in the scope of its parent, also where that was lost', async () => {
    using traces = captureTraces({ limits: { maxSteps: 1 } });
    const inner = trace(() => 'private', { name: 'inner' });
    trace(
      () => {
        startStep('counts').end();
        const over = startStep('over');
        lost(() => over.run(inner));
        lost(() => over.step('deeper', inner));
      },
      { name: 'outer' },
    )();
    const rows = await traces.rows();
    assert.deepEqual(
      rows.map(({ steps: [root] }) => root?.name),
      ['outer'],
    );
  });
});
