import { fileURLToPath } from 'node:url';
import { getTracer, openlayerTracing, type Tracer } from '@openlayer-tracing/express';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import type { Model } from 'example-local-model';
import express, { type Express, type Request } from 'express';
import OpenAI from 'openai';
import { answer, streamAnswer } from './answer.js';
import { toChatRequest } from './chat-request.js';
import { BadRequest, respondToError } from './errors.js';
import { toMessages } from './prompt.js';
import type { Retriever } from './retriever.js';

export interface AppOptions {
  readonly model: Model;
  readonly retriever: Retriever;
  /** @default the process-wide tracer, set up by the environment */
  readonly tracer?: Tracer;
}

/** Number of passages in the prompt. */
const TOP_K = 4;
/** The folder of the chat's page. */
const PAGE = fileURLToPath(new URL('../public', import.meta.url));

/** Whether the request needs no model: a file of the page, the health check, or feedback. */
function needsNoModel({ method, path }: Request): boolean {
  return method === 'GET' || method === 'HEAD' || path === '/feedback';
}

/** The chat: answers questions from the retriever's articles. */
export function createApp({ model, retriever, tracer = getTracer() }: AppOptions): Express {
  // Each call of the client is a step of the request's trace.
  const openai = traceOpenAI(new OpenAI(model.client), {
    provider: model.provider,
    streamUsage: true,
  });

  const app = express();
  app.use(openlayerTracing({ tracer, skip: needsNoModel }));
  app.use(express.json());
  app.use(express.static(PAGE));

  app.get('/health', (_req, res) => {
    res.json({ ok: true });
  });

  app.post('/chat', async (req, res) => {
    const { messages, passages, chat } = prepare(req);
    res.json({
      answer: await answer(chat, messages, req.trace.signal),
      sources: passages.map(({ id }) => id),
      inferenceId: req.trace.inferenceId,
    });
  });

  app.post('/chat/stream', async (req, res) => {
    const { messages, chat } = prepare(req);
    await streamAnswer(chat, messages, req.trace.signal, (chunk) => {
      if (!res.headersSent) res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(`data: ${JSON.stringify(chunk)}\n\n`);
    });
    res.end('data: [DONE]\n\n');
  });

  app.post('/feedback', async (req, res) => {
    const { inferenceId, helpful, comment } = req.body ?? {};
    if (
      typeof inferenceId !== 'string' ||
      typeof helpful !== 'boolean' ||
      (comment !== undefined && typeof comment !== 'string')
    ) {
      throw new BadRequest(
        'send JSON: { "inferenceId": "...", "helpful": true, "comment": "..." }',
      );
    }
    const result = await tracer.feedback(inferenceId, { humanFeedback: helpful, comment });
    if (result.ok) res.status(204).end();
    else res.status(502).json({ error: result.error.message });
  });

  app.use(respondToError);
  return app;

  /** Reads the request, finds passages and builds the messages for the model. */
  function prepare(req: Request) {
    const { question, user, session, model: name = model.name } = toChatRequest(req.body);
    req.trace.update({ userId: user, sessionId: session, question });
    const passages = req.trace.step(
      { name: 'retrieve', type: 'retriever', inputs: { question }, metadata: { topK: TOP_K } },
      (step) => {
        const found = retriever.search(question, TOP_K);
        step.update({ documents: found, output: found.map(({ id }) => id) });
        return found;
      },
    );
    req.trace.update({
      context: passages.map(({ text }) => text),
      metadata: { passages: passages.length },
    });
    return { messages: toMessages(question, passages), passages, chat: { openai, model: name } };
  }
}
