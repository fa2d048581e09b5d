






























// src/express.ts
import { openlayerTracing } from '@openlayer-tracing/express';
import express from 'express';
import serverless from 'serverless-http';
import { delivered } from './delivered.js';

const app = express();
app.use(openlayerTracing());
app.use(express.json());
app.post('/ask/:topic', async (req, res) => {
  const question: string = req.body.question;
  const answer = await req.trace.step('answer', async () => `You asked: ${question}`);
  res.json({ answer });
});

export const handler = delivered(serverless(app));
