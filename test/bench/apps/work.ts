/** The work of a request under measurement: a RAG-shaped answer of three nested steps, recorded or not. */

import type { StepOptions } from '@openlayer-tracing/core';

/** Runs a part of the work, recorded or not. */
export type RunStep = <R>(options: StepOptions, fn: () => Promise<R>) => Promise<R>;

export const unrecorded: RunStep = (_options, fn) => fn();

const PASSAGE =
  'The library lends up to twelve items at a time, for four weeks, and renews them twice unless somebody waits for them. ';
const DOCUMENTS = Array.from({ length: 4 }, (_, i) => ({
  id: `lending-${i}`,
  score: 0.9 - i / 10,
  text: PASSAGE + PASSAGE.slice(0, 60),
}));
const ANSWER = `${PASSAGE}${PASSAGE}Ask at the desk for more.`;

/** About 2 KB of inputs and outputs in all. */
export async function answerTo(body: unknown, step: RunStep): Promise<{ answer: string }> {
  const { question } = body as { question: string };
  const answer = await step({ name: 'answer', type: 'chain', inputs: { question } }, async () => {
    const documents = await step(
      { name: 'retrieve', type: 'retriever', inputs: { question }, metadata: { topK: 4 } },
      async () => DOCUMENTS,
    );
    return step(
      {
        name: 'generate',
        type: 'chat_completion',
        provider: 'openai',
        model: 'gpt-5-mini',
        promptTokens: 300,
        completionTokens: 60,
        tokens: 360,
        inputs: { prompt: [{ role: 'user', content: `${question}\n${documents[0]?.text}` }] },
      },
      async () => ANSWER,
    );
  });
  return { answer };
}
