/** The public service. It passes questions on to the second one. */

import { getTracer, openlayerTracing, type Tracer } from '@openlayer-tracing/express';
import express, { type ErrorRequestHandler, type Express } from 'express';
import { AnswersUnavailable, askAnswers } from './ask-answers.js';

export interface FrontOptions {
  /** Where the second service is: `http://answers.internal:3001`. */
  readonly answersUrl: string;
  /** @default the process-wide tracer, set up by the environment */
  readonly tracer?: Tracer;
}

/** `POST /ask` answers a question about the ferries of Halden Bay. */
export function createFront({ answersUrl, tracer = getTracer() }: FrontOptions): Express {
  const app = express();
  // Anybody can call this service, so no caller may put its requests into a trace of the caller's choice.
  app.use(openlayerTracing({ tracer, traceContext: { trust: false } }));
  app.use(express.json());

  app.post('/ask', async (req, res) => {
    const { question, user } = req.body ?? {};
    if (typeof question !== 'string') {
      res.status(400).json({ error: 'send JSON with a question: { "question": "..." }' });
      return;
    }
    req.trace.update({ question, userId: typeof user === 'string' ? user : undefined });
    const { answer, sources } = await req.trace.step(
      { name: 'ask answers', type: 'function_call', inputs: { question } },
      () => askAnswers(answersUrl, question, req.trace),
    );
    res.json({ answer, sources });
  });

  app.use(respondToError);
  return app;
}

/** Responds to every error with JSON that contains the trace id, by which the rows of both services are found. */
const respondToError: ErrorRequestHandler = (error, req, res, _next) => {
  const { traceId } = req.trace;
  if (error instanceof AnswersUnavailable) res.status(502).json({ error: error.message, traceId });
  else res.status(500).json({ error: 'something went wrong here', traceId });
};
