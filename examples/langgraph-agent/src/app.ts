import { CallbackManager } from '@langchain/core/callbacks/manager';
import type { ChatOpenAI } from '@langchain/openai';
import { getTracer, openlayerTracing, type Tracer } from '@openlayer-tracing/express';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import express, { type Express } from 'express';
import { createAgent } from './agent.js';

// All that LangChain and LangGraph do from here on is part of the request that they do it for.
traceLangChain(CallbackManager);

export interface AppOptions {
  readonly model: ChatOpenAI;
  /** @default the process-wide tracer, set up by the environment */
  readonly tracer?: Tracer;
}

/** An agent that knows the rules of a workshop. */
export function createApp({ model, tracer = getTracer() }: AppOptions): Express {
  const agent = createAgent(model);
  const app = express();
  app.use(openlayerTracing({ tracer }));
  app.use(express.json());

  app.post('/ask', async (req, res) => {
    const { question, user } = req.body;
    req.trace.update({ userId: user, question });
    // Who leaves needs no answer.
    const { answer } = await agent.invoke({ question }, { signal: req.trace.signal });
    res.json({ answer });
  });

  return app;
}
