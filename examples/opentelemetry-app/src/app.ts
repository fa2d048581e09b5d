import { getTracer, openlayerTracing, type Tracer } from '@openlayer-tracing/express';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import type { Model } from 'example-local-model';
import express, { type ErrorRequestHandler, type Express } from 'express';
import OpenAI from 'openai';
import type { Database } from './database.js';
import { findHuts } from './huts.js';
import { askWeather } from './weather.js';

export interface AppOptions {
  readonly model: Model;
  readonly database: Database;
  /** The weather service, such as `http://weather.internal:3001`. */
  readonly weatherUrl: string;
  /** @default the process-wide tracer, set up by the environment */
  readonly tracer?: Tracer;
}

const INSTRUCTIONS = 'You help hikers of the Grey Peaks. Answer from these passages.';

/**
 * `POST /ask` answers a question about huts, from a database and a weather service. The steps of the trace are OpenTelemetry's
 * spans and the calls of the traced client; this file starts none.
 */
export function createApp({
  model,
  database,
  weatherUrl,
  tracer = getTracer(),
}: AppOptions): Express {
  const openai = traceOpenAI(new OpenAI(model.client), { provider: model.provider });
  const app = express();
  app.use(openlayerTracing({ tracer }));
  app.use(express.json());

  app.post('/ask', async (req, res) => {
    const question = String(req.body?.question ?? '');
    req.trace.update({ question });
    const huts = await findHuts(database, question);
    const weather = await askWeather(weatherUrl, req.trace.signal);
    const passages = [...huts, { title: 'Weather', text: weather }].map(
      ({ title, text }) => `<passage title="${title}">\n${text}\n</passage>`,
    );
    const completion = await openai.chat.completions.create(
      {
        model: model.name,
        messages: [
          { role: 'system', content: [INSTRUCTIONS, ...passages].join('\n') },
          { role: 'user', content: question },
        ],
      },
      { signal: req.trace.signal },
    );
    res.json({ answer: completion.choices[0]?.message.content ?? '' });
  });

  app.use(respondToError);
  return app;
}

const respondToError: ErrorRequestHandler = (_error, _req, res, _next) => {
  res.status(500).json({ error: 'something went wrong here' });
};
