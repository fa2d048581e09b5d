import { createServer, type Server } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import { openlayerTracing } from '@openlayer-tracing/koa';
import Koa, { type Context } from 'koa';
import { noteRequest, noteStep } from './floor.ts';
import { answerTo, type RunStep, unrecorded } from './work.ts';

export const koaServer = (variant: string): Server => {
  const app = new Koa();
  app.use(bodyParser());
  if (variant === 'floor') app.use((ctx, next) => noteRequest(ctx.path, next));
  if (variant === 'traced') app.use(openlayerTracing());
  const step = stepOf(variant);
  const router = new Router();
  router.post('/chat', async (ctx) => {
    ctx.body = await answerTo(ctx.request.body, step(ctx));
  });
  app.use(router.routes());
  return createServer(app.callback());
};

function stepOf(variant: string): (ctx: Context) => RunStep {
  if (variant === 'traced') return (ctx) => (options, fn) => ctx.trace.step(options, fn);
  return () => (variant === 'floor' ? noteStep : unrecorded);
}
