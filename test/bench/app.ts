/** The server under measurement: one RAG-shaped handler, in the variant that the environment names. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { getTracer, openlayerTracing, type StepOptions } from '@openlayer-tracing/express';
import express, { type Express, type Request } from 'express';

/** Runs a part of the handler's work, recorded or not. */
type Step = <R>(req: Request, options: StepOptions, fn: () => Promise<R>) => Promise<R>;

interface Variant {
  readonly mount: (app: Express) => void;
  readonly step: Step;
}

const PASSAGE =
  'The library lends up to twelve items at a time, for four weeks, and renews them twice unless somebody waits for them. ';
const DOCUMENTS = Array.from({ length: 4 }, (_, i) => ({
  id: `lending-${i}`,
  score: 0.9 - i / 10,
  text: PASSAGE + PASSAGE.slice(0, 60),
}));
const ANSWER = `${PASSAGE}${PASSAGE}Ask at the desk for more.`;

const traced = (): Variant => ({
  mount: (app) => app.use(openlayerTracing()),
  step: (req, options, fn) => req.trace.step(options, fn),
});

const variants: Readonly<Record<string, () => Variant>> = {
  bare: () => ({ mount: () => {}, step: (_req, _options, fn) => fn() }),
  floor,
  traced,
  // The same: its folder is named by the environment.
  spooled: traced,
};

/** What any tracer has to do at the least: carry a scope, and note when and what. Nothing is sent. */
function floor(): Variant {
  interface Note {
    readonly name: string;
    readonly start: number;
    readonly steps: Note[];
    end?: number;
    output?: unknown;
  }
  const storage = new AsyncLocalStorage<Note>();
  const note = (name: string): Note => ({ name, start: performance.now(), steps: [] });
  return {
    mount: (app) => app.use((req, _res, next) => storage.run(note(req.path), next)),
    step: async (_req, options, fn) => {
      const step = note(options.name);
      storage.getStore()?.steps.push(step);
      const output = await storage.run(step, fn);
      step.end = performance.now();
      step.output = output;
      return output;
    },
  };
}

function createApp({ mount, step }: Variant): Express {
  const app = express();
  app.use(express.json());
  mount(app);
  app.post('/chat', async (req, res) => {
    const { question } = req.body as { question: string };
    const answer = await step(
      req,
      { name: 'answer', type: 'chain', inputs: { question } },
      async () => {
        const documents = await step(
          req,
          { name: 'retrieve', type: 'retriever', inputs: { question }, metadata: { topK: 4 } },
          async () => DOCUMENTS,
        );
        return step(
          req,
          {
            name: 'generate',
            type: 'chat_completion',
            provider: 'openai',
            model: 'gpt-5-mini',
            promptTokens: 300,
            completionTokens: 60,
            tokens: 360,
            inputs: { prompt: [{ role: 'user', content: `${question}\n${documents[0]?.text}` }] },
          },
          async () => ANSWER,
        );
      },
    );
    res.json({ answer });
  });
  return app;
}

const name = process.env.BENCH_VARIANT ?? 'bare';
const variant = variants[name];
const isTraced = name === 'traced' || name === 'spooled';
if (variant === undefined) throw new Error(`no variant ${name}`);

const server = createApp(variant()).listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
});

/** The parent asks between two rounds: what the process has used so far, once everything is sent. */
process.on('message', async () => {
  if (isTraced) await getTracer().flush();
  const { user, system } = process.cpuUsage();
  process.send?.({
    cpuMicros: user + system,
    stats: isTraced ? getTracer().stats() : undefined,
  });
});
