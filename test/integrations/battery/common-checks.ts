/** What is seen of any client: its answers, its streams, and what goes wrong. */

import { getTracer } from '@openlayer-tracing/core';
import { type Check, classesOf, drained, failureOf, rejected } from './check.ts';

/** A client under test, traced or bare. */
export interface Kit<Client> {
  /** @param scenario what the server does with its requests */
  client(scenario?: string, options?: Readonly<Record<string, unknown>>): Client;
}

/** How a client is asked. */
export interface Asking<Client> {
  ask(client: Client, content: string, signal?: AbortSignal): Promise<unknown>;
  stream(client: Client, content: string, signal?: AbortSignal): Promise<AsyncIterable<unknown>>;
  /** Options that make it try again. */
  readonly retrying?: Readonly<Record<string, unknown>>;
  /** Whether it gives up after some time, and not after some tries. */
  readonly triesForATime?: boolean;
}

/** Who leaves has seen all that was sent: how much of it comes at once differs from runtime to runtime. */
const SENT = 6;

export function commonChecks<Client extends object>(asking: Asking<Client>): Check<Kit<Client>>[] {
  const { ask, stream, retrying, triesForATime = false } = asking;
  const refused =
    (scenario: string): Check<Kit<Client>>['run'] =>
    (kit) =>
      failureOf(() => ask(kit.client(scenario), 'hi'));
  const left =
    (leave: (seen: unknown[], controller: AbortController) => boolean) =>
    async (kit: Kit<Client>) => {
      const controller = new AbortController();
      const items = await stream(kit.client(`halt-${SENT}`), '50 words', controller.signal);
      const seen: unknown[] = [];
      for await (const item of items) {
        seen.push(item);
        if (leave(seen, controller)) break;
      }
      return seen;
    };
  const checks: Check<Kit<Client>>[] = [
    { name: 'ask', run: (kit) => ask(kit.client(), 'hi there') },
    {
      name: 'the promise',
      async run(kit) {
        const promise = ask(kit.client(), 'hi');
        const seen = { classes: classesOf(promise), keys: Object.keys(promise) };
        await promise;
        return seen;
      },
    },
    { name: 'a stream', run: async (kit) => drained(await stream(kit.client(), 'hi there')) },
    {
      name: 'a stream in small pieces',
      run: async (kit) => drained(await stream(kit.client('split'), 'hi there')),
    },
    {
      name: 'the object of a stream',
      async run(kit) {
        const items = await stream(kit.client(), 'hi');
        const seen = { classes: classesOf(items), keys: Object.keys(items) };
        await drained(items);
        return seen;
      },
    },
    { name: 'a stream that is left', run: left((seen) => seen.length === SENT) },
    {
      name: 'a stream that is never read',
      async run(kit) {
        return typeof (await stream(kit.client('halt-1'), 'hi'));
      },
    },
    {
      name: 'a stream that dies',
      run: async (kit) => drained(await stream(kit.client('dies'), '50 words')),
    },
    {
      name: 'a stream that tells of an error',
      run: async (kit) => drained(await stream(kit.client('error-event'), 'hi there')),
    },
    {
      name: 'a stream that is refused',
      run: (kit) => failureOf(() => stream(kit.client('status-400'), 'hi')),
    },
    { name: 'status 400', run: refused('status-400') },
    { name: 'status 401', run: refused('status-401') },
    { name: 'status 404', run: refused('status-404') },
    { name: 'an answer that is none', run: refused('html') },
    { name: 'a connection that is reset', run: refused('reset') },
    {
      name: 'a call that nobody awaits',
      async run(kit) {
        void ask(kit.client('status-400'), 'hi');
        return rejected();
      },
    },
    {
      name: 'the client itself',
      async run(kit) {
        const client = kit.client();
        return { classes: classesOf(client), keys: Object.keys(client) };
      },
    },
    {
      name: 'calls at once',
      async run(kit) {
        const client = kit.client();
        return Promise.all(Array.from({ length: 5 }, (_, i) => ask(client, `number ${i}`)));
      },
    },
  ];
  if (ask.length > 2) {
    checks.push({
      name: 'a call that is aborted',
      async run(kit, arrival) {
        const controller = new AbortController();
        void arrival().then(() => controller.abort());
        return failureOf(() => ask(kit.client('hang'), 'hi', controller.signal));
      },
    });
  }
  if (stream.length > 2) {
    checks.push({
      name: 'a stream that is aborted',
      run: (kit) =>
        failureOf(() =>
          left((seen, controller) => {
            if (seen.length === SENT) controller.abort();
            return false;
          })(kit),
        ),
    });
  }
  if (retrying !== undefined) {
    checks.push(
      {
        name: 'status 429, then an answer',
        run: (kit) => ask(kit.client('once-429', retrying), 'hi'),
      },
      {
        name: 'status 503, then a stream',
        run: async (kit) => drained(await stream(kit.client('once-503', retrying), 'hi')),
      },
    );
  }
  if (retrying !== undefined && !triesForATime) {
    checks.push({
      name: 'status 503 at all tries',
      run: (kit) => failureOf(() => ask(kit.client('always-503', retrying), 'hi')),
    });
  }
  return checks;
}

/** The last of a battery: streams that their client leaves without a word are closed once they are idle. */
export const lastCheck: Check<unknown> = {
  name: 'what was left',
  async run() {
    for (let waited = 0; waited < 60_000 && getTracer().stats().open > 1; waited += 20) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  },
};
