/** The second service: finds notices for a question, and asks a model. Only the front service calls it. */

import { openlayerTracing, type Tracer, type TraceVariables } from '@openlayer-tracing/hono';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import type { Model } from 'example-local-model';
import { Hono } from 'hono';
import OpenAI from 'openai';
import { findNotices, type Notice } from './notices.js';

export interface AnswersOptions {
  readonly model: Model;
  /** @default the process-wide tracer, set up by the environment */
  readonly tracer?: Tracer | undefined;
}

export type Answers = Hono<{ Variables: TraceVariables }>;

const INSTRUCTIONS = 'You answer questions about the ferries of Halden Bay, from these passages.';

/** `POST /answers` answers a question, and names its sources. */
export function createAnswers({ model, tracer }: AnswersOptions): Answers {
  // Each call of the client is a step of the request's trace.
  const openai = traceOpenAI(new OpenAI(model.client), { provider: model.provider });
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
        model: model.name,
        messages: [
          { role: 'system', content: [INSTRUCTIONS, ...notices.map(toPassage)].join('\n') },
          { role: 'user', content: question },
        ],
      },
      // The front service aborts its request when its own client leaves.
      { signal: trace.signal },
    );
    return c.json({
      answer: completion.choices[0]?.message.content ?? '',
      sources: notices.map(({ title }) => title),
    });
  });

  // The middleware records errors that handlers throw, so there is nothing to record here.
  app.onError((_error, c) => c.json({ error: 'the model cannot answer now' }, 502));
  return app;
}

function toPassage({ title, text }: Notice): string {
  return `<passage title="${title}">\n${text}\n</passage>`;
}
