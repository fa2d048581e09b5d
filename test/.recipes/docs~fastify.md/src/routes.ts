


































































// src/routes.ts
import { step, updateCurrentTrace } from '@openlayer-tracing/express';
import type { FastifyInstance } from 'fastify';

export function addRoutes(app: FastifyInstance): void {
  app.get('/health', async () => 'ok');

  app.post<{ Params: { topic: string }; Body: { question: string } }>(
    '/ask/:topic',
    async (request) => {
      const { question } = request.body;
      updateCurrentTrace({ question });
      if (request.params.topic === 'secret') throw new RangeError('the shelf is locked');
      const answer = await step({ name: 'answer', type: 'chain' }, async () => `You asked: ${question}`);
      return { answer };
    },
  );
}
