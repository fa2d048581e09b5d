import { CallbackManager } from '@langchain/core/callbacks/manager';
import { ChatOpenAI } from '@langchain/openai';
import { getTracer, openlayerTracing, type Tracer } from '@openlayer-tracing/express';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import type { Model } from 'example-local-model';
import express, { type Express } from 'express';
import { createAgent } from './agent.js';

// From here on, calls of LangChain and LangGraph are steps of the request that makes them.
traceLangChain(CallbackManager);

export interface AppOptions {
  readonly model: Model;
  /** @default the process-wide tracer, set up by the environment */
  readonly tracer?: Tracer;
}

/** An agent that answers questions about the rules of a workshop. */
export function createApp({ model, tracer = getTracer() }: AppOptions): Express {
  const { name, client } = model;
  const agent = createAgent(
    new ChatOpenAI({ model: name, apiKey: client.apiKey, configuration: client }),
  );
  const app = express();
  app.use(openlayerTracing({ tracer }));
  app.use(express.json());

  app.post('/ask', async (req, res) => {
    const { question, user } = req.body;
    req.trace.update({ userId: user, question });
    // Stops the agent if the client leaves.
    const { answer } = await agent.invoke({ question }, { signal: req.trace.signal });
    res.json({ answer });
  });

  return app;
}
