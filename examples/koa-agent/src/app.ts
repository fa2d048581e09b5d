import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import { getTracer, openlayerTracing, type Tracer } from '@openlayer-tracing/koa';
import Koa, { type Context } from 'koa';
import { answer } from './agent.js';
import type { ChatModel } from './chat-model.js';
import { Conversations, transcriptOf } from './conversations.js';
import { answerErrors } from './errors.js';
import type { Library } from './library.js';
import { toolsFor } from './tools.js';

export interface AppOptions extends ChatModel {
  readonly library: Library;
  /** @default the process-wide tracer, set up by the environment */
  readonly tracer?: Tracer;
}

/** The desk: visitors talk in sessions to an agent that looks things up for them. */
export function createApp({ library, tracer = getTracer(), ...chat }: AppOptions): Koa {
  const conversations = new Conversations();
  const router = new Router({ prefix: '/sessions/:session' });

  router.post('/messages', async (ctx) => {
    const user = userOf(ctx);
    const question = textOf(ctx);
    ctx.trace.update({ question });
    const conversation = conversations.of(user, sessionOf(ctx));
    conversation.push({ role: 'user', content: question });
    const tools = toolsFor(user, library);
    ctx.body = {
      answer: await answer({ chat, tools, signal: ctx.trace.signal }, conversation),
      inferenceId: ctx.trace.inferenceId,
    };
  });

  router.get('/messages', (ctx) => {
    ctx.body = transcriptOf(conversations.of(userOf(ctx), sessionOf(ctx)));
  });

  const app = new Koa();
  app.use(answerErrors);
  app.use(
    openlayerTracing({
      tracer,
      // No model is asked to read what was said.
      skip: (ctx) => ctx.method === 'GET',
      user: (ctx) => ctx.get('x-user'),
      session: sessionOf,
    }),
  );
  app.use(bodyParser());
  app.use(router.routes()).use(router.allowedMethods());
  return app;
}

/** Who asks; in a real app the one who logged in. */
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
