/** An app with WebSockets in every way that Hono makes them, for any runtime. */

import { getTrace, step, trace, updateCurrentTrace } from '@openlayer-tracing/core';
import { Hono, type MiddlewareHandler } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { UpgradeWebSocket, WSEvents } from 'hono/ws';
import { later } from './pause.ts';

/** The same app twice, so that what clients see of the one can be compared with the other. */
export function socketApps(upgrade: UpgradeWebSocket, tracing: MiddlewareHandler): Hono {
  const root = new Hono();
  root.route('/bare', socketApp(upgrade));
  root.route('/traced', socketApp(upgrade, tracing));
  return root;
}

const ECHO: WSEvents = {
  onMessage(event, ws) {
    if (event.data === 'fail') ws.close(1011, 'failed');
    else if (event.data === 'bye') ws.close(1000);
    else ws.send(`echo ${String(event.data)}`);
  },
};

const shout = trace(async (text: string) => `${text}!`, { name: 'shout' });

function socketApp(upgrade: UpgradeWebSocket, tracing?: MiddlewareHandler): Hono {
  const app = new Hono();
  if (tracing !== undefined) app.use(tracing);
  app.onError((_error, c) => c.text('sorry', 500));
  app.get(
    '/rooms/:room',
    upgrade(() => ECHO),
  );
  app.use(
    '/any/*',
    upgrade(async () => ECHO),
  );
  app.get('/inline', (c) => upgrade(c, ECHO));
  app.use('/locked/*', async (c) => c.text('who are you?', 403));
  app.get(
    '/locked/room',
    upgrade(() => ECHO),
  );
  app.get('/refused/:room', (c) => c.json({ room: 'full' }, 401));
  app.get(
    '/broken',
    upgrade(() => {
      throw new Error('no room is free');
    }),
  );
  app.get(
    '/steps',
    upgrade((c) => ({
      async onMessage(event, ws) {
        const answer = async () => `echo ${String(event.data)}`;
        const trace = getTrace(c);
        ws.send(await (trace === undefined ? answer() : trace.step('answer', answer)));
      },
      onClose() {
        getTrace(c)?.step('close', () => {});
      },
    })),
  );
  app.get(
    '/scope',
    upgrade(() => ({
      async onMessage(event, ws) {
        const text = String(event.data);
        const answer = await step('answer', () => shout(text));
        updateCurrentTrace({ metadata: { last: text } });
        ws.send(answer);
      },
      onClose() {
        step('close', () => {});
      },
    })),
  );
  app.get(
    '/waits',
    upgrade(async () => {
      await later(100);
      return ECHO;
    }),
  );
  app.get('/events', (c) =>
    streamSSE(c, async (stream) => {
      for (const data of ['one', 'two']) await stream.writeSSE({ data });
    }),
  );
  return app;
}
