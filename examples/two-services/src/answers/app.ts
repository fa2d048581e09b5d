/** The second service: finds what a question is about, and asks a model. Only the front service calls it. */

import { openlayerTracing, type Tracer, type TraceVariables } from '@openlayer-tracing/hono';
import { Hono } from 'hono';
import type { ChatModel } from './chat-model.js';
import { findNotices, type Notice } from './notices.js';

export interface AnswersOptions extends ChatModel {
  /** @default the process-wide tracer, set up by the environment */
  readonly tracer?: Tracer | undefined;
}

export type Answers = Hono<{ Variables: TraceVariables }>;

const INSTRUCTIONS = 'You answer questions about the ferries of Halden Bay, from these passages.';

/** `POST /answers` answers a question, and names its sources. */
export function createAnswers({ tracer, openai, model }: AnswersOptions): Answers {
  const app: Answers = new Hono();
  app.use(
    openlayerTracing({
      tracer,
      // Continues the trace of the front service, as a row of its own.
      traceContext: { trust: true },
      inferenceId: { trust: false },
    }),
  );

  app.post('/answers', async (c) => {
    const { trace } = c.var;
    const { question } = await c.req.json<{ question: string }>();
    const notices = trace.step({ name: 'find notices', type: 'retriever' }, (step) => {
      const found = findNotices(question);
      step.update({ inputs: { question }, documents: found });
      return found;
    });
    trace.update({ question, context: notices.map(({ text }) => text) });
    const completion = await openai.chat.completions.create(
      {
        model,
        messages: [
          { role: 'system', content: [INSTRUCTIONS, ...notices.map(toPassage)].join('\n') },
          { role: 'user', content: question },
        ],
      },
      // The front service leaves when its client does.
      { signal: trace.signal },
    );
    return c.json({
      answer: completion.choices[0]?.message.content ?? '',
      sources: notices.map(({ title }) => title),
    });
  });

  // Hono gives the trace the error that a handler throws: there is nothing to record here.
  app.onError((_error, c) => c.json({ error: 'the model cannot answer now' }, 502));
  return app;
}

function toPassage({ title, text }: Notice): string {
  return `<passage title="${title}">\n${text}\n</passage>`;
}
