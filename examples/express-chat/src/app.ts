import { fileURLToPath } from 'node:url';
import { getTracer, openlayerTracing, type Tracer } from '@openlayer-tracing/express';
import express, { type Express, type Request } from 'express';
import { answer, streamAnswer } from './answer.js';
import type { ChatModel } from './chat-model.js';
import { toChatRequest } from './chat-request.js';
import { answerError, BadRequest } from './errors.js';
import { toMessages } from './prompt.js';
import type { Retriever } from './retriever.js';

export interface AppOptions extends ChatModel {
  readonly retriever: Retriever;
  /** @default the process-wide tracer, set up by the environment */
  readonly tracer?: Tracer;
}

/** Passages that the model gets to read. */
const TOP_K = 4;
/** The page on which to ask. */
const PAGE = fileURLToPath(new URL('../public', import.meta.url));

/** Whether no model is asked: for files of the page, and for what people think of an answer. */
function asksNobody({ method, path }: Request): boolean {
  return method === 'GET' || method === 'HEAD' || path === '/feedback';
}

/** The chat: answers questions from the articles that the retriever knows. */
export function createApp({ retriever, tracer = getTracer(), ...ownModel }: AppOptions): Express {
  const app = express();
  app.use(openlayerTracing({ tracer, skip: asksNobody }));
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

  app.use(answerError);
  return app;

  /** All that comes before the model is asked. */
  function prepare(req: Request) {
    const { question, user, session, model = ownModel.model } = toChatRequest(req.body);
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
    return { messages: toMessages(question, passages), passages, chat: { ...ownModel, model } };
  }
}
