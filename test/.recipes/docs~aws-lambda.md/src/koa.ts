













































































// src/koa.ts
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import { openlayerTracing } from '@openlayer-tracing/koa';
import Koa from 'koa';
import serverless from 'serverless-http';
import { delivered } from './delivered.js';

const app = new Koa();
app.use(openlayerTracing());
app.use(bodyParser());

const router = new Router();
router.post('/ask/:topic', async (ctx) => {
  const { question } = ctx.request.body as { question: string };
  ctx.body = await ctx.trace.step('answer', async () => ({ answer: `You asked: ${question}` }));
});
app.use(router.routes());

export const handler = delivered(serverless(app));
