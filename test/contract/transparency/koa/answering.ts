import type { Context, Middleware } from 'koa';

/** A handler whose answer is what `make` returns. */
export function answering(make: (ctx: Context) => unknown): Middleware {
  return (ctx) => {
    ctx.body = make(ctx);
  };
}
