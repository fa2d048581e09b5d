



















































// src/serverless-express.ts
import { createRequire } from 'node:module';
import { openlayerTracing } from '@openlayer-tracing/express';
import express from 'express';
import { delivered } from './delivered.js';

const app = express();
app.use(openlayerTracing());
app.use(express.json());
app.post('/ask/:topic', async (req, res) => {
  const question: string = req.body.question;
  const answer = await req.trace.step('answer', async () => `You asked: ${question}`);
  res.json({ answer });
});

// The types of its default export are those of a module of another kind.
const serverlessExpress = createRequire(import.meta.url)('@codegenie/serverless-express') as (
  options: object,
) => (event: object, context: object) => Promise<object>;

export const handler = delivered(serverlessExpress({ app }));
