import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { getTracer, openlayerTracing, type Tracer } from '@openlayer-tracing/koa';
import type { Model } from 'example-local-model';
import Koa, { type Context } from 'koa';
import OpenAI from 'openai';
import { answer } from './agent.js';
import { Conversations, transcriptOf } from './conversations.js';
import { respondToErrors } from './errors.js';
import type { Library } from './library.js';
import { toolsFor } from './tools.js';

export interface AppOptions {
  readonly model: Model;
  readonly library: Library;
  /** @default the process-wide tracer, set up by the environment */
  readonly tracer?: Tracer;
}

/** The desk of a library: visitors talk in sessions to an agent that looks things up for them. */
export function createApp({ model, library, tracer = getTracer() }: AppOptions): Koa {
  // Each call of the client is a step of the request's trace.
  const openai = traceOpenAI(new OpenAI(model.client), { provider: model.provider });
  const conversations = new Conversations();
  const router = new Router({ prefix: '/sessions/:session' });

  router.post('/messages', async (ctx) => {
    const user = userOf(ctx);
    const question = textOf(ctx);
    ctx.trace.update({ question });
    const conversation = conversations.of(user, sessionOf(ctx));
    conversation.push({ role: 'user', content: question });
    const tools = toolsFor(user, library);
    const agent = { openai, model: model.name, tools, signal: ctx.trace.signal };
    ctx.body = {
      answer: await answer(agent, conversation),
      inferenceId: ctx.trace.inferenceId,
    };
  });

  router.get('/messages', (ctx) => {
    ctx.body = transcriptOf(conversations.of(userOf(ctx), sessionOf(ctx)));
  });

  const app = new Koa();
  app.use(respondToErrors);
  app.use(
    openlayerTracing({
      tracer,
      // Reading a transcript needs no model.
      skip: (ctx) => ctx.method === 'GET',
      user: (ctx) => ctx.get('x-user'),
      session: sessionOf,
    }),
  );
  app.use(bodyParser());
  app.use(router.routes()).use(router.allowedMethods());
  return app;
}

/** The user. A real app would take it from a login. */
function userOf(ctx: Context): string {
  const user = ctx.get('x-user');
  if (user === '') ctx.throw(401, 'say who you are in the header x-user');
  return user;
}

function sessionOf(ctx: Context): string {
  return String(ctx.params.session);
}

function textOf(ctx: Context): string {
  const { text } = (ctx.request.body ?? {}) as { text?: unknown };
  if (typeof text !== 'string' || text.trim() === '') {
    ctx.throw(400, 'send JSON with a text: { "text": "..." }');
  }
  return text.trim();
}
