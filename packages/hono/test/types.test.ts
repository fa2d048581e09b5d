/** Both ways to type `c.var.trace` compile, and it is what it is at run time. */

import assert from 'node:assert/strict';
import { openlayerTracing, type RequestTrace, type TraceVariables } from '@openlayer-tracing/hono';
import { type Context, Hono, type MiddlewareHandler } from 'hono';

/** Fails to compile unless both types are the same. */
function same<A, B>(
  ..._: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? [] : [never]
): void {}

describe('the types of the Hono adapter', () => {
  it('know the trace in an app that says nothing of its variables', async () => {
    const app = new Hono();
    app.use(openlayerTracing({ publish: false }));
    app.get('/', (c) => {
      same<typeof c.var.trace, RequestTrace>();
      same<ReturnType<typeof read>, RequestTrace>();
      return c.text(c.var.trace.step('work', () => 'done'));
    });
    const read = (c: Context) => c.get('trace');
    assert.equal(await (await app.request('/')).text(), 'done');
  });

  it('know the trace in an app that names its variables', async () => {
    type Env = { Variables: TraceVariables & { user: string } };
    const app = new Hono<Env>();
    const guard: MiddlewareHandler<Env> = async (c, next) => {
      c.set('user', 'ada');
      c.var.trace.update({ userId: c.var.user });
      await next();
    };
    app.use(openlayerTracing({ publish: false, user: (c) => c.req.header('x-user') }), guard);
    app.get('/', (c) => {
      same<typeof c.var.trace, RequestTrace>();
      same<typeof c.var.user, string>();
      // @ts-expect-error there is no such variable
      void c.var.nobody;
      return c.text(c.get('user'));
    });
    assert.equal(await (await app.request('/')).text(), 'ada');
  });

  it('take an app’s own environment in the options', () => {
    // @ts-expect-error a name is made by a function
    assert.throws(() => openlayerTracing({ name: 'chat' }), /name must be a function/);
  });
});
