/** A worker with every kind of handler. It takes its settings as its top level does: from what it was built with. */

import {
  configure,
  flush,
  openlayerTracing,
  startStep,
  step,
  type TracerOptions,
  trace,
} from '@openlayer-tracing/hono';
import { Hono } from 'hono';

/** Set by the bundler. */
declare const SETTINGS: TracerOptions;

interface Env {
  readonly SELF: {
    scheduled(event: object): Promise<unknown>;
    queue(name: string, messages: readonly object[]): Promise<unknown>;
  };
  readonly Room: { idFromName(name: string): object; get(id: object): { fetch: typeof fetch } };
}

type Context = Parameters<Hono['fetch']>[2] & object;

const reasons: string[] = [];
const tracer = configure({ ...SETTINGS, onDiagnostic: ({ reason }) => reasons.push(reason) });
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const twice = trace((n: number) => n * 2, { name: 'twice' });
const work = trace(
  async (what: unknown) => {
    await later(1);
    return what;
  },
  { name: 'work' },
);

const atTopLevel = [twice(21), step('step', () => 'ran')];
startStep('started').end();
tracer.startTrace('by hand').end();
const kept = tracer.startTrace({ name: 'kept', inferenceId: 'kept' });
flush().then(() => atTopLevel.push('flushed'));

const app = new Hono();
app.use(openlayerTracing());
app.get('/', async (c) => {
  kept.end();
  await c.var.trace.step('inner', () => later(1));
  return c.text('Hello!');
});
app.get('/flush-a-little', async (c) => {
  await flush({ deadlineMs: 500 });
  return c.text('Enough.');
});

export default {
  fetch: (request: Request, env: Env, context: Context) => app.fetch(request, env, context),
  async scheduled(_event: object, _env: Env, context: Context) {
    await work('on time');
    context.waitUntil(flush());
  },
  async queue({ messages }: { messages: readonly object[] }, _env: Env, context: Context) {
    for (const message of messages) await work(message);
    context.waitUntil(flush());
  },
};

export class Room {
  readonly #state: Context;
  readonly #env: Env;

  constructor(state: Context, env: Env) {
    this.#state = state;
    this.#env = env;
  }

  async fetch(request: Request): Promise<Response> {
    return app.fetch(request, this.#env, this.#state);
  }
}

/** What tests ask for beside the app. */
export const control = {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/scheduled') {
      await env.SELF.scheduled({ cron: '* * * * *', scheduledTime: new Date() });
    } else if (pathname === '/queue') {
      const message = (_: unknown, i: number) => ({
        ...{ id: String(i), timestamp: new Date(), body: { i }, attempts: 1 },
      });
      await env.SELF.queue('queue', Array.from({ length: 30 }, message));
    } else if (pathname === '/room') {
      await env.Room.get(env.Room.idFromName('one')).fetch('http://room/');
    } else if (pathname === '/unflushed') {
      await work('unflushed');
    }
    return Response.json({ stats: tracer.stats(), reasons, atTopLevel });
  },
};
