






































































































// src/hono.ts
import { openlayerTracing } from '@openlayer-tracing/hono';
import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import { delivered } from './delivered.js';

const app = new Hono();
app.use(openlayerTracing());
app.post('/ask/:topic', async (c) => {
  const { question } = await c.req.json<{ question: string }>();
  const answer = await c.var.trace.step('answer', async () => `You asked: ${question}`);
  return c.json({ answer });
});

export const handler = delivered(handle(app));
