







// src/app.ts
import { openlayerTracing } from '@openlayer-tracing/express';
import express, { type Express } from 'express';

export function createApp(): Express {
  const app = express();
  app.use(openlayerTracing());
  app.use(express.json());
  app.post('/ask', async (req, res) => {
    const question: string = req.body.question;
    const passages = await req.trace.step({ name: 'retrieve', type: 'retriever' }, async () => [
      `About ${question}`,
    ]);
    const answer = await req.trace.step({ name: 'answer', type: 'chain' }, async () => passages.join());
    res.json({ answer });
  });
  return app;
}
