






















// app/ask/route.ts
import { currentTrace, flush, step, trace, updateCurrentTrace } from '@openlayer-tracing/core';
import { after } from 'next/server';

export const POST = trace(
  async (request: Request): Promise<Response> => {
    after(() => flush());
    const { question } = (await request.json()) as { question: string };
    updateCurrentTrace({ input: { question } });
    try {
      const answer = await step({ name: 'answer', type: 'chain' }, () => answerTo(question));
      updateCurrentTrace({ output: { answer } });
      const inferenceId = currentTrace()?.inferenceId ?? '';
      return Response.json({ answer }, { headers: { 'x-request-id': inferenceId } });
    } catch (error) {
      currentTrace()?.recordError(error);
      return Response.json({ sorry: 'no answer today' }, { status: 503 });
    }
  },
  { name: 'POST /ask', inputs: ({ url }) => ({ url }), output: ({ status }) => ({ status }) },
);

async function answerTo(question: string): Promise<string> {
  if (question === '') throw new RangeError('nothing was asked');
  return `You asked: ${question}`;
}
