import { getTracer, openlayerTracing, type Tracer } from '@openlayer-tracing/express';
import express, { type ErrorRequestHandler, type Express } from 'express';
import type { ChatModel } from './chat-model.js';
import type { Database } from './database.js';
import { findHuts } from './huts.js';
import { askWeather } from './weather.js';

export interface AppOptions extends ChatModel {
  readonly database: Database;
  /** Where the weather service is: `http://weather.internal:3001`. */
  readonly weatherUrl: string;
  /** @default the process-wide tracer, set up by the environment */
  readonly tracer?: Tracer;
}

const INSTRUCTIONS = 'You help hikers of the Grey Peaks. Answer from these passages.';

/**
 * `POST /ask` answers a question about huts, from a database and a weather service. No step is written here: they are the
 * spans of OpenTelemetry, and the calls of the traced client.
 */
export function createApp({
  database,
  weatherUrl,
  openai,
  model,
  tracer = getTracer(),
}: AppOptions): Express {
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
        model,
        messages: [
          { role: 'system', content: [INSTRUCTIONS, ...passages].join('\n') },
          { role: 'user', content: question },
        ],
      },
      { signal: req.trace.signal },
    );
    res.json({ answer: completion.choices[0]?.message.content ?? '' });
  });

  app.use(answerError);
  return app;
}

const answerError: ErrorRequestHandler = (_error, _req, res, _next) => {
  res.status(500).json({ error: 'something went wrong here' });
};
