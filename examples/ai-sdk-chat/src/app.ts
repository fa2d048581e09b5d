import { getTracer, openlayerTracing, type Tracer } from '@openlayer-tracing/express';
import { traceAISDK } from '@openlayer-tracing/integrations/ai-sdk';
import { generateText, type LanguageModel, streamText } from 'ai';
import express, { type Express } from 'express';

// All that the AI SDK does from here on is part of the request that it does it for.
traceAISDK();

export interface AppOptions {
  readonly model: LanguageModel;
  /** @default the process-wide tracer, set up by the environment */
  readonly tracer?: Tracer;
}

const HOUSE_RULES = `The workshop is open from nine to six. Goggles must be worn at the saw.
The kiln is fired on Fridays. Children need an adult beside them.`;

const system = 'Answer from the passages that you are given, in one sentence.';

function toPrompt(question: string): string {
  return `Passages:\n${HOUSE_RULES}\n\nQuestion: ${question}`;
}

/** A chat about the rules of a workshop. */
export function createApp({ model, tracer = getTracer() }: AppOptions): Express {
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
      // Who leaves needs no answer.
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
