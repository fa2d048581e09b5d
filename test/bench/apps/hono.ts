import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { openlayerTracing } from '@openlayer-tracing/hono';
import { type Context, Hono } from 'hono';
import { noteRequest, noteStep } from './floor.ts';
import { answerTo, type RunStep, unrecorded } from './work.ts';

export const honoServer = (variant: string): Server => {
  const app = new Hono();
  if (variant === 'floor') app.use((c, next) => noteRequest(c.req.path, next));
  if (variant === 'traced') app.use(openlayerTracing());
  const step = stepOf(variant);
  app.post('/chat', async (c) => c.json(await answerTo(await c.req.json(), step(c))));
  return createServer(getRequestListener(app.fetch));
};

function stepOf(variant: string): (c: Context) => RunStep {
  if (variant === 'traced') return (c) => (options, fn) => c.var.trace.step(options, fn);
  return () => (variant === 'floor' ? noteStep : unrecorded);
}
