import { createServer, type Server } from 'node:http';
import { clsHookedScope } from '@openlayer-tracing/cls-hooked';
import { configure, openlayerTracing } from '@openlayer-tracing/express';
import { createNamespace } from 'cls-hooked';
import express, { type Request } from 'express';
import { blockWriter, noteRequest, noteStep, sendRequest } from './floor.ts';
import { answerTo, type RunStep, unrecorded } from './work.ts';

export const expressServer = (variant: string): Server => {
  const app = express();
  app.use(express.json());
  if (variant === 'floor') app.use((req, _res, next) => noteRequest(req.path, next));
  if (variant === 'floor sent') {
    app.use((req, res, next) => sendRequest(req.path, req.body, res, next));
  }
  if (variant === 'traced' || variant === 'spooled traced') app.use(openlayerTracing());
  // The default tracer, as in each variant: between two rounds it is waited for.
  if (variant === 'unused traced') {
    configure({ exports: [] });
    app.use(openlayerTracing());
  }
  if (variant.startsWith('namespace')) {
    const namespace = createNamespace('app');
    app.use((_req, _res, next) => namespace.run(() => next()));
    if (variant === 'namespace traced') {
      configure({ scope: clsHookedScope(namespace) });
      app.use(openlayerTracing());
    }
  }
  const step = stepOf(variant);
  const write = variant === 'floor written' ? blockWriter() : () => {};
  app.post('/chat', async (req, res) => {
    const answer = await answerTo(req.body, step(req));
    write();
    res.json(answer);
  });
  return createServer(app);
};

function stepOf(variant: string): (req: Request) => RunStep {
  if (variant.endsWith('traced')) return (req) => (options, fn) => req.trace.step(options, fn);
  return () => (variant === 'floor' || variant === 'floor sent' ? noteStep : unrecorded);
}
