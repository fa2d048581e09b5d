/**
 * An app in whose process somebody has replaced what the language or the platform provides, as SPOIL says. It records
 * one trace of each kind meanwhile, and a good one before and after, all in one batch.
 */

import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { createTracer, trace } from '@openlayer-tracing/core';
import { openlayerTracing } from '@openlayer-tracing/express';
import express from 'express';
import { hostileOf, spoils } from './spoils.mts';

const tracer = createTracer({ batch: { maxDelayMs: 600_000 } });
const app = express();
app.set('env', 'test');
let hostile: unknown;
app.use(
  openlayerTracing({
    tracer,
    metadata: () => (hostile ?? { plan: 'pro' }) as Record<string, unknown>,
    user: () => 'ann',
  }),
  express.json(),
);
app.post('/json', (req, res) => void res.type('json').end(`{"said":"${typeof req.body}"}`));
app.get('/events', (_req, res) => {
  res.type('text/event-stream');
  for (const text of ['La', 'te']) res.write(`data: {"type":"token","content":"${text}"}\n\n`);
  res.end();
});
app.get('/throws', () => {
  throw new Error('handler failed', { cause: new TypeError('why') });
});
app.use((_error: unknown, _req: unknown, res: express.Response, _next: unknown) => {
  res.status(500).end('failed');
});
const server = app.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const address = server.address();
const port = typeof address === 'object' && address !== null ? address.port : 0;

/** Asks without what a client library would use of the spoiled process. */
function ask(method: string, path: string, id: string, body = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1');
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer)).on('error', reject);
    socket.write(
      `${method} ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-request-id: ${id}\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  });
}

class Model {
  readonly id = 7;
  toJSON() {
    return { id: this.id };
  }
}

const kinds: Readonly<Record<string, (id: string) => unknown>> = {
  nothing: (inferenceId) => tracer.startTrace({ name: 'nothing', inferenceId }).end(),
  values: (inferenceId) => {
    using t = tracer.startTrace({ name: 'values', inferenceId, input: { list: [1, 'two', null] } });
    t.update({ output: { deep: { list: [new Model(), new Map([['k', 1]]), new Date(0), 1.5] } } });
  },
  update: (inferenceId) => {
    using t = tracer.startTrace({ name: 'update', inferenceId });
    t.update({
      name: 'updated',
      userId: 'ann',
      sessionId: 's-1',
      tags: ['a'],
      metadata: { plan: 'pro', nested: { a: 1 } },
      input: { question: 'why?' },
      output: 'because',
      groundTruth: 'because',
      context: ['a passage'],
      question: 'why?',
      error: new Error('answered by the app'),
    });
  },
  steps: (inferenceId) => {
    const t = tracer.startTrace({ name: 'steps', inferenceId });
    t.step({ name: 'outer', type: 'tool', arguments: { a: [1] } }, (step) => {
      step.addStep({
        name: 'model',
        type: 'chat_completion',
        promptTokens: 3,
        completionTokens: 4,
        modelParameters: { temperature: 0 },
        usageDetails: { input_tokens: 3 },
        output: 'hi',
        latency: 5,
      });
      step.startStep('left open');
    });
    try {
      t.step('fails', () => {
        throw new Error('failed', { cause: 'why' });
      });
    } catch {}
    t.end();
  },
  generator: (inferenceId) => {
    const t = tracer.startTrace({ name: 'generator', inferenceId });
    const words = trace(
      function* () {
        yield { word: 'a' };
        yield { word: 'b' };
      },
      { name: 'words' },
    );
    t.run(() => [...words()]);
    t.end(new Error('ended by an error'));
  },
  json: (id) => ask('POST', '/json?q=1', id, '{"question":"why?"}'),
  events: (id) => ask('GET', '/events', id),
  throws: (id) => ask('GET', '/throws', id),
};

await kinds.nothing?.('good-before');
const { SPOIL = '', HOSTILE = '' } = process.env;
hostile = hostileOf(HOSTILE);
const restore = spoils[SPOIL]?.();
try {
  for (const name of (process.env.KINDS ?? '').split(' ')) await kinds[name]?.(`spoiled-${name}`);
  await turn();
  if (process.env.UNTIL !== 'sent') restore?.();
  if (process.env.UNTIL === 'sent') await tracer.flush();
} finally {
  restore?.();
}
await kinds.nothing?.('good-after');
await tracer.flush();
server.close();
console.log('done');
