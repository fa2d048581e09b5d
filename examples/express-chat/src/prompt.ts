import { trace } from '@openlayer-tracing/express';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import type { Passage } from './corpus.js';

const INSTRUCTIONS =
  'You answer questions of visitors to the city library of Halden Bay. Use only these passages, and say so where they do not hold the answer.';

/** The messages for the model. Each call of this function is a step of the request's trace. */
export const toMessages = trace(
  function toMessages(
    question: string,
    passages: readonly Passage[],
  ): ChatCompletionMessageParam[] {
    const context = passages.map(
      ({ title, text }) => `<passage title="${title}">\n${text}\n</passage>`,
    );
    return [
      { role: 'system', content: [INSTRUCTIONS, ...context].join('\n\n') },
      { role: 'user', content: question },
    ];
  },
  {
    name: 'build_prompt',
    type: 'chain',
    inputs: (question, passages) => ({ question, passages: passages.map(({ id }) => id) }),
  },
);
