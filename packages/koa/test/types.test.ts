/** What compiles for users: `ctx.trace` is typed wherever a context comes from. Running it shows little more. */

import assert from 'node:assert/strict';
import Router from '@koa/router';
import { openlayerTracing, type RequestTrace, type TracingOptions } from '@openlayer-tracing/koa';
import Koa, { type Context, type Middleware, type ParameterizedContext } from 'koa';

interface State {
  readonly user: string;
}

describe('the types of Koa', () => {
  it('know ctx.trace in every kind of context', () => {
    const plain: Middleware = (ctx) => takes(ctx.trace);
    const ofState: Middleware<State> = (ctx) => takes(ctx.trace, ctx.state.user);
    const parameterized = (ctx: ParameterizedContext<State>) => takes(ctx.trace);
    const app = new Koa<State>();
    app.use(openlayerTracing()).use(plain).use(ofState).use(parameterized);
    app.use((ctx) => takes(ctx.trace));
    const router = new Router<State>();
    router.get('/:id', (ctx) => takes(ctx.trace, ctx.params.id));
    app.use(router.routes());
    assert.equal(app.middleware.length, 6);
  });

  it('hold it to be a trace, and not anything', () => {
    const wrong = (ctx: Context) => {
      // @ts-expect-error a trace has no such method
      ctx.trace.spam();
    };
    assert.equal(wrong.length, 1);
  });

  it('give the functions among the options the context', () => {
    const options: TracingOptions<Context> = {
      name: (ctx) => `${ctx.method} ${ctx.path}`,
      skip: (ctx) => ctx.path === '/health',
      user: (ctx) => ctx.get('x-user'),
      inferenceId: { from: (ctx) => ctx.get('x-job'), trust: (ctx) => ctx.secure },
    };
    assert.equal(openlayerTracing({ ...options, publish: false }).name, 'openlayerTracing');
  });
});

function takes(_trace: RequestTrace, ..._texts: (string | undefined)[]): void {}
