/** Functions that were wrapped by `trace(fn)`: whatever they return must come back as it was. */

import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { get } from '../../../support/raw-http.ts';
import type { Note } from '../case.ts';
import type { StepsCase } from './case.ts';

/** A client's own promise class, as LLM clients have them. */
class OwnPromise<T> extends Promise<T> {
  readonly helper = 'kept';
}

/** A query builder: it starts when somebody waits for it. */
function lazy(note: Note): PromiseLike<string> {
  return {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
    then: (onValue, onError) => {
      note('started');
      return Promise.resolve('lazily').then(onValue, onError);
    },
  };
}

/** An asynchronous iterator that answers with less than promises. */
function handwritten(): AsyncIterable<number> & AsyncIterator<number> {
  let n = 0;
  const next = () => ({ done: n >= 2, value: n++ }) as unknown as Promise<IteratorResult<number>>;
  return {
    next,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function take<T>(items: AsyncIterable<T> | Iterable<T>, most = 99): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of items) {
    taken.push(item);
    if (taken.length >= most) break;
  }
  return taken;
}

export const tracedFunctions: readonly StepsCase[] = [
  {
    name: 'traced functions, sync and async',
    clients: [get()],
    status: 200,
    faults: true,
    handle: async ({ tools, note }) => {
      const add = tools.trace(
        function add(this: unknown, a: number, b = 1) {
          note(`this: ${String(this)}`);
          return a + b;
        },
        { params: ['a', 'b'], output: (sum) => ({ sum }), metadata: { kind: 'sum' } },
      );
      const later = tools.trace(async (ms: number) => pause(ms, 'later'), { name: 'later' });
      const inputs = tools.trace((text: string) => text.length, { inputs: (text) => ({ text }) });
      note(`${add.name} ${add.length} ${add.call('me', 1)}`);
      return [add(1, 2), await later(1), inputs('four')];
    },
  },
  {
    name: 'traced functions whose options fail',
    provokes: true,
    clients: [get()],
    status: 200,
    faults: true,
    handle: async ({ tools }) => {
      const fail = () => {
        throw new Error('option');
      };
      const one = tools.trace(() => 1, { inputs: fail });
      const two = tools.trace(async () => 2, { output: fail });
      return [one(), await two()];
    },
  },
  {
    name: 'traced functions that fail',
    clients: [get()],
    status: 200,
    faults: true,
    handle: async ({ tools, note }) => {
      const error = Object.freeze(new Error('of the function'));
      const thrower = tools.trace(() => {
        throw error;
      });
      const rejecter = tools.trace(() => Promise.reject(error));
      try {
        thrower();
      } catch (met) {
        note(`thrown: ${met === error}`);
      }
      note(`rejected: ${(await rejecter().catch((met: unknown) => met)) === error}`);
      return 'caught';
    },
  },
  {
    name: 'traced generators',
    clients: [get()],
    status: 200,
    faults: true,
    handle: async ({ tools, note }) => {
      const sync = tools.trace(function* sync(): Generator<number, string, number | undefined> {
        const got = yield 1;
        note(`got ${String(got)}`);
        yield 2;
        return 'end';
      });
      const async = tools.trace(async function* async() {
        try {
          yield { token: 'a' };
          await pause(1);
          yield { token: 'b' };
        } finally {
          note('cleaned up');
        }
      });
      const failing = tools.trace(async function* failing() {
        yield 1;
        throw new Error('in mid-stream');
      });
      const generator = sync();
      const stepwise = [generator.next(), generator.next(7), generator.next(), generator.next()];
      const thrown = sync();
      thrown.next();
      try {
        thrown.throw(new Error('put in'));
      } catch (error) {
        note((error as Error).message);
      }
      note(await take(failing()).then(String, (error: Error) => error.message));
      return [stepwise, [...sync()], await take(async()), await take(async(), 1)];
    },
  },
  {
    name: 'traced functions that return streams',
    clients: [get()],
    status: 200,
    faults: true,
    handle: async ({ tools, note }) => {
      const web = tools.trace(() => new Response('web text').body as ReadableStream<Uint8Array>);
      const objects = tools.trace(() => ReadableStream.from(['x', 'y', 'z']));
      const broken = tools.trace(
        () =>
          new ReadableStream({
            pull: () => {
              throw new Error('broken stream');
            },
          }),
      );
      const node = tools.trace(() => Readable.from(['n', 'o', 'd', 'e']));
      const text = await new Response(web()).text();
      const reader = objects().getReader();
      const first = await reader.read();
      await reader.cancel('enough');
      note(await take(broken()).then(String, (error: Error) => error.message));
      const source = node();
      note(`readable: ${source instanceof Readable}`);
      const failed = tools.trace(() => new Readable({ read() {} }))();
      const met = new Promise((resolve) => failed.once('error', resolve));
      failed.destroy(new Error('destroyed'));
      note(String(await met));
      return [text, first, await take(source)];
    },
  },
  {
    name: 'traced functions that return what can be waited for or iterated',
    clients: [get()],
    status: 200,
    faults: true,
    handle: async ({ tools, note }) => {
      const own = tools.trace(() => OwnPromise.resolve('own') as OwnPromise<string>);
      const query = tools.trace(() => lazy(note));
      const stream = tools.trace(() => ({
        controller: 'kept',
        async *[Symbol.asyncIterator]() {
          yield 'chunk';
        },
      }));
      const iterator = tools.trace(() => [1, 2].values());
      const byHand = tools.trace(() => handwritten());
      const promise = own();
      note(`${promise instanceof OwnPromise} ${promise.helper}`);
      const waiting = query();
      note('not yet');
      const chunks = stream();
      note(chunks.controller);
      return [
        await promise,
        await waiting,
        await take(chunks),
        [...iterator()],
        await take(byHand()),
      ];
    },
  },
  {
    name: 'traced methods and classes',
    clients: [get()],
    status: 200,
    faults: true,
    handle: async ({ tools }) => {
      class Shop {
        readonly #prices = new Map([['tea', 3]]);
        price(item: string): number | undefined {
          return this.#prices.get(item);
        }
      }
      const descriptor = Object.getOwnPropertyDescriptor(Shop.prototype, 'price');
      if (descriptor !== undefined) {
        const decorated = tools.traced({ type: 'tool' })(Shop.prototype, 'price', descriptor);
        Object.defineProperty(Shop.prototype, 'price', decorated ?? descriptor);
      }
      const Traced = tools.trace(Shop as unknown as () => Shop) as unknown as typeof Shop;
      return [new Shop().price('tea'), new Traced().price('tea'), new Traced() instanceof Shop];
    },
  },
  {
    name: 'traced functions outside any request',
    clients: [get()],
    status: 200,
    faults: true,
    handle: async ({ tools, outside, note }) => {
      const job = tools.trace(async function job(n: number) {
        tools.updateCurrentTrace({ metadata: { n } });
        return tools.step('part', () => n * 2);
      });
      const failing = tools.trace((): never => {
        throw new Error('of the job');
      });
      try {
        outside(() => failing());
      } catch (error) {
        note((error as Error).message);
      }
      return outside(() => job(21));
    },
  },
];
