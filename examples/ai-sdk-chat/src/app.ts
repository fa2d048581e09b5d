import { createOpenAI } from '@ai-sdk/openai';
import { getTracer, openlayerTracing, type Tracer } from '@openlayer-tracing/express';
import { traceAISDK } from '@openlayer-tracing/integrations/ai-sdk';
import { generateText, type LanguageModel, streamText } from 'ai';
import type { Model } from 'example-local-model';
import express, { type Express } from 'express';

// From here on, calls of the AI SDK are steps of the request that makes them.
traceAISDK();

export interface AppOptions {
  readonly model: Model;
  /** @default the process-wide tracer, set up by the environment */
  readonly tracer?: Tracer;
}

const HOUSE_RULES = `The workshop is open from nine to six. Goggles must be worn at the saw.
The kiln is fired on Fridays. Children need an adult beside them.`;

const system = 'Answer from the passages that you are given, in one sentence.';

/** A chat about the rules of a workshop. */
export function createApp({ model: settings, tracer = getTracer() }: AppOptions): Express {
  const model = languageModel(settings);
  const app = express();
  app.use(openlayerTracing({ tracer }));
  app.use(express.json());

  app.post('/chat', async (req, res) => {
    const { question, user } = req.body;
    req.trace.update({ userId: user, question });
    const { text } = await generateText({
      model,
      system,
      prompt: toPrompt(question),
      // Stops the model if the client leaves.
      abortSignal: req.trace.signal,
    });
    res.json({ answer: text });
  });

  app.post('/chat/stream', (req, res) => {
    const { question, user } = req.body;
    req.trace.update({ userId: user, question });
    const answer = streamText({
      model,
      system,
      prompt: toPrompt(question),
      abortSignal: req.trace.signal,
    });
    answer.pipeTextStreamToResponse(res);
  });

  return app;
}

function languageModel({ name, provider = 'openai', client }: Model): LanguageModel {
  const openai = createOpenAI({ ...client, name: provider });
  // The local model has the chat API only.
  return provider === 'local' ? openai.chat(name) : openai(name);
}

function toPrompt(question: string): string {
  return `Passages:\n${HOUSE_RULES}\n\nQuestion: ${question}`;
}
