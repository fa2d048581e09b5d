/** Values that are hard to log. Each is made anew, since some of them can be used only once. */

import { Readable } from 'node:stream';

class Account {
  readonly #secret = 'x';
  readonly owner = 'Ada';
  get secret(): string {
    return this.#secret;
  }
}

function circle(): object {
  const list: unknown[] = [];
  const value = { list };
  list.push(value, list);
  return value;
}

function deep(): object {
  let value: object = { end: true };
  for (let i = 0; i < 50; i++) value = { value };
  return value;
}

export const HOSTILE_VALUES: Readonly<Record<string, () => unknown>> = {
  bigint: () => 10n ** 30n,
  symbol: () => Symbol('s'),
  nan: () => Number.NaN,
  circle,
  deep,
  getter: () => ({
    get boom(): never {
      throw new Error('getter');
    },
  }),
  proxy: () =>
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('trap');
        },
      },
    ),
  toJson: () => ({ toJSON: () => ({ as: 'json' }) }),
  throwingToJson: () => ({
    toJSON: () => {
      throw new Error('toJSON');
    },
  }),
  toJsonPromise: () => ({ toJSON: () => Promise.reject(new Error('later')) }),
  map: () =>
    new Map<unknown, unknown>([
      ['password', 'x'],
      [{}, new Set([1])],
    ]),
  date: () => [new Date(0), new Date(Number.NaN)],
  error: () => new AggregateError([new Error('one')], 'all', { cause: new Error('cause') }),
  domException: () => new DOMException('gone', 'AbortError'),
  regexp: () => /x/g,
  boxed: () => [Object('text'), Object(1), Object(Symbol.iterator)],
  bytes: () => [new Uint8Array(3), Buffer.from('x'), new ArrayBuffer(2)],
  fn: () => [() => 1, class Named {}, async function named() {}],
  instance: () => new Account(),
  empty: () => new (class Nothing {})(),
  nullPrototype: () => Object.assign(Object.create(null), { a: 1 }),
  readable: () => ({ stream: Readable.from(['x']) }),
  sparse: () => new Array(5),
  long: () => 'x'.repeat(100_000),
  lone: () => 'half \ud800 character',
  secrets: () => ({ token: 'a', nested: [{ api_key: 'b', tokenCount: 3 }] }),
  many: () => Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i])),
};
