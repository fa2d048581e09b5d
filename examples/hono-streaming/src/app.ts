/** The chat, the same on every runtime. */

import { openlayerTracing, type Tracer, type TraceVariables } from '@openlayer-tracing/hono';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import type { Model } from 'example-local-model';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { validator } from 'hono/validator';
import OpenAI from 'openai';
import { toMessages } from './messages.js';
import { streamAnswer } from './stream-answer.js';

export interface AppOptions {
  readonly model: Model;
  /** @default the process-wide tracer, set up by the environment */
  readonly tracer?: Tracer | undefined;
}

export type App = Hono<{ Variables: TraceVariables }>;

/** `POST /chat` answers a question as a stream of events. */
export function createApp({ model, tracer }: AppOptions): App {
  // Each call of the client is a step of the request's trace.
  const openai = traceOpenAI(new OpenAI(model.client), {
    provider: model.provider,
    streamUsage: true,
  });
  const app: App = new Hono();
  app.use(openlayerTracing({ tracer, skip: (c) => c.req.path === '/health' }));

  app.get('/health', (c) => c.json({ ok: true }));

  app.post('/chat', validator('json', toQuestion), (c) => {
    const { question, user, session } = c.req.valid('json');
    const { trace } = c.var;
    trace.update({ question, userId: user, sessionId: session });
    const messages = trace.step({ name: 'build_prompt', type: 'chain' }, () =>
      toMessages(question),
    );
    return streamSSE(c, async (stream) => {
      const send = (event: object) => stream.writeSSE({ data: JSON.stringify(event) });
      try {
        const answer = streamAnswer(openai, model.name, messages, trace.signal);
        for await (const delta of answer) {
          await send({ type: 'text-delta', delta });
        }
        await send({ type: 'finish', inferenceId: trace.inferenceId });
      } catch {
        // The headers are sent, so the client learns of the error by an event. The trace has it in a step.
        await send({ type: 'error', inferenceId: trace.inferenceId });
      }
    });
  });

  return app;
}

interface Question {
  readonly question: string;
  readonly user: string | undefined;
  readonly session: string | undefined;
}

/** Checks the body. @returns the question, or the response that says what is wrong */
function toQuestion(body: unknown, c: { text(message: string, status: 400): Response }) {
  const { question, user, session } = (body ?? {}) as Record<string, unknown>;
  if (typeof question !== 'string' || question.trim() === '') {
    return c.text('send JSON with a question: { "question": "..." }', 400);
  }
  const valid: Question = {
    question: question.trim(),
    user: stringOf(user),
    session: stringOf(session),
  };
  return valid;
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
