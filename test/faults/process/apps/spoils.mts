/** Ways in which apps, their tests and their polyfills change what all code of a process shares. */

type Restore = () => void;

/** Sets properties, and returns what sets them back. */
function replaced(holder: object, properties: Readonly<Record<string, unknown>>): Restore {
  const before = Object.keys(properties).map(
    (key) => [key, Object.getOwnPropertyDescriptor(holder, key)] as const,
  );
  for (const [key, value] of Object.entries(properties)) {
    Object.defineProperty(holder, key, {
      value,
      writable: true,
      configurable: true,
      enumerable: true,
    });
  }
  return () => {
    for (const [key, descriptor] of before) {
      Reflect.deleteProperty(holder, key);
      if (descriptor !== undefined) Object.defineProperty(holder, key, descriptor);
    }
  };
}

const fails = () => {
  throw new Error('spoiled');
};

let falling = 1e15;

/** What a clock may return that somebody has replaced. */
const readings: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  'no number': () => Number.NaN,
  null: () => null,
  'a string': () => '1764000000000',
  'a fraction': () => 1_764_000_000_000.123,
  zero: () => 0,
  'a negative number': () => -5,
  infinity: () => Number.POSITIVE_INFINITY,
  'a huge number': () => 1e300,
  'a BigInt': () => 5n,
  'less each time': () => {
    falling -= 1e12;
    return falling;
  },
  'an error': fails,
};

const { setTimeout: later, setImmediate: soon } = globalThis;
const { stringify } = JSON;

const others: Readonly<Record<string, () => Restore>> = {
  'no performance': () => replaced(globalThis, { performance: undefined }),
  'a Date without now': () => replaced(globalThis, { Date: class {} }),
  'JSON.stringify that throws': () => replaced(JSON, { stringify: fails }),
  'JSON.stringify that returns nothing': () => replaced(JSON, { stringify: () => undefined }),
  'JSON.stringify that indents': () =>
    replaced(JSON, { stringify: (value: unknown) => stringify(value, null, 2) }),
  'JSON.stringify that returns an object': () => replaced(JSON, { stringify: () => ({}) }),
  'JSON.parse that throws': () => replaced(JSON, { parse: fails }),
  'JSON.parse that returns nothing': () => replaced(JSON, { parse: () => undefined }),
  'no JSON': () => replaced(globalThis, { JSON: {} }),
  'a toJSON of all objects': () => replaced(Object.prototype, { toJSON: () => 'spoiled' }),
  'a toJSON of all objects that throws': () => replaced(Object.prototype, { toJSON: fails }),
  'a toJSON of arrays': () => replaced(Array.prototype, { toJSON: () => 'spoiled' }),
  'a toJSON of strings': () => replaced(String.prototype, { toJSON: () => 'spoiled' }),
  'a toJSON of numbers': () => replaced(Number.prototype, { toJSON: () => 'spoiled' }),
  'keys of all objects': () =>
    replaced(Object.prototype, {
      extend: () => {},
      polluted: 'x',
      metadata: { a: 1 },
      password: 'x',
    }),
  'keys of all arrays': () => replaced(Array.prototype, { last: () => {}, polluted: 'x' }),
  'keys of all objects that nobody can set': () => {
    const names = [
      'name',
      'text',
      'key',
      'bytes',
      'slab',
      'entry',
      'output',
      'error',
      'inputs',
      'stack',
      'pieces',
    ];
    for (const name of names) {
      Object.defineProperty(Object.prototype, name, {
        configurable: true,
        get: () => undefined,
        set: fails,
      });
    }
    return () => {
      for (const name of names) Reflect.deleteProperty(Object.prototype, name);
    };
  },
  'keys of all objects that nobody can read': () => {
    Object.defineProperty(Object.prototype, 'polluted', {
      configurable: true,
      enumerable: true,
      get: fails,
    });
    return () => void Reflect.deleteProperty(Object.prototype, 'polluted');
  },
  'frozen prototypes': () => {
    for (const { prototype } of [Object, Array, Error, Function, Map, Promise, Date])
      Object.freeze(prototype);
    return () => {};
  },
  'timers that are numbers': () =>
    replaced(globalThis, {
      setTimeout: (work: () => void, ms: number) => Number(later(work, ms)),
      setImmediate: (work: () => void) => {
        soon(work);
        return 7;
      },
    }),
  'timers that return nothing': () =>
    replaced(globalThis, {
      setTimeout: (work: () => void, ms: number) => void later(work, ms),
      setImmediate: (work: () => void) => void soon(work),
      clearTimeout: () => {},
    }),
  'timers that never fire': () =>
    replaced(globalThis, { setTimeout: () => 1, setImmediate: () => 1, clearTimeout: () => {} }),
  'no setImmediate': () =>
    replaced(globalThis, { setImmediate: undefined, clearImmediate: undefined }),
  'ids that are none': () => replaced(crypto, { randomUUID: () => undefined }),
  'ids that throw': () => replaced(crypto, { randomUUID: fails }),
  'random numbers that are none': () => replaced(Math, { random: () => Number.NaN }),
};

/** Under these, Express itself fails. */
export const withoutHttp: ReadonlySet<string> = new Set([
  'keys of all objects that nobody can read',
  'keys of all objects that nobody can set',
]);

export const spoils: Readonly<Record<string, () => Restore>> = {
  ...Object.fromEntries(
    Object.entries(readings).flatMap(([what, now]) => [
      [`Date.now that returns ${what}`, () => replaced(Date, { now })],
      [`performance.now that returns ${what}`, () => replaced(performance, { now })],
    ]),
  ),
  ...others,
};

/** What a function given as an option may return instead of an object. */
const hostiles: Readonly<Record<string, () => unknown>> = {
  'a proxy that throws': () =>
    new Proxy(
      {},
      {
        get: fails,
        ownKeys: fails,
        has: fails,
        getOwnPropertyDescriptor: fails,
        getPrototypeOf: fails,
      },
    ),
  'a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  'getters that throw': () =>
    Object.defineProperty({ plan: 'pro' }, 'a', { enumerable: true, get: fails }),
  'values that throw': () => ({ a: { toJSON: fails }, b: new Proxy({}, { get: fails }) }),
  'a string': () => 'pro',
  'a list': () => ['pro'],
  'a promise': () => Promise.resolve({ plan: 'pro' }),
  'a frozen object': () => Object.freeze({ plan: 'pro' }),
  'an object without a prototype': () => Object.assign(Object.create(null), { plan: 'pro' }),
  'a hundred thousand keys': () =>
    Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => [`k${i}`, i])),
};

export const hostileNames: readonly string[] = Object.keys(hostiles);

export function hostileOf(name: string): unknown {
  return hostiles[name]?.();
}
