/** The chat. It knows nothing of the runtime that it is served by. */

import { openlayerTracing, type Tracer, type TraceVariables } from '@openlayer-tracing/hono';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { validator } from 'hono/validator';
import type OpenAI from 'openai';
import { toMessages } from './messages.js';
import { streamAnswer } from './stream-answer.js';

/** Who answers: a client, and which model to ask it for. */
export interface ChatModel {
  readonly openai: OpenAI;
  readonly model: string;
}

export interface AppOptions extends ChatModel {
  /** @default the process-wide tracer, set up by the environment */
  readonly tracer?: Tracer | undefined;
}

export type App = Hono<{ Variables: TraceVariables }>;

/** `POST /chat` answers a question as a stream of events. */
export function createApp({ tracer, ...chat }: AppOptions): App {
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
        for await (const delta of streamAnswer(chat, messages, trace.signal)) {
          await send({ type: 'text-delta', delta });
        }
        await send({ type: 'finish', inferenceId: trace.inferenceId });
      } catch {
        // The head is out: what went wrong can only be an event, and a step of the trace.
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

/** Reads the body of a question, or says what is wrong with it. */
function toQuestion(body: unknown, c: { text(message: string, status: 400): Response }) {
  const { question, user, session } = (body ?? {}) as Record<string, unknown>;
  if (typeof question !== 'string' || question.trim() === '') {
    return c.text('send JSON with a question: { "question": "..." }', 400);
  }
  const asked: Question = { question: question.trim(), user: text(user), session: text(session) };
  return asked;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
