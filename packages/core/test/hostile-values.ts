/** Values that break what logs them: one of each kind, made anew on each call. */

import { EventEmitter } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { PassThrough, Readable, Writable } from 'node:stream';
import { runInNewContext } from 'node:vm';

export interface HostileValue {
  readonly name: string;
  /** @param touch is called by whatever code of the value runs, except `toJSON` */
  make(touch: () => void): unknown;
  /** What it is logged as, where that is the same each time. */
  readonly logged?: unknown;
  /** Costs too much to be made thousands of times. */
  readonly isBig?: boolean;
}

class WithPrivates {
  readonly shown = 1;
  readonly #hidden = 'hidden';
  reveal() {
    return this.#hidden;
  }
}

class Model {
  readonly #row: Record<string, unknown>;
  constructor(row: Record<string, unknown>) {
    this.#row = row;
  }
  toJSON() {
    return this.#row;
  }
}

/** A handler each of whose traps touches. */
const traps = (touch: () => void): ProxyHandler<object> =>
  new Proxy(
    {},
    {
      get: () => () => {
        touch();
        throw new Error('trapped');
      },
    },
  );

const circular = () => {
  const value: Record<string, unknown> = { n: 1 };
  value.self = value;
  value.list = [value];
  return value;
};

const deep = (levels: number, wrap: (inner: unknown) => unknown): unknown => {
  let value: unknown = 'bottom';
  for (let i = 0; i < levels; i++) value = wrap(value);
  return value;
};

const nested = (levels: number, mark: string): unknown =>
  levels === 0 ? mark : { in: nested(levels - 1, mark) };

const MIB = 1024 * 1024;
const bigText = 'x'.repeat(50 * MIB);
const manyKeys = Object.fromEntries(Array.from({ length: 1_000_000 }, (_, i) => [`k${i}`, i]));

/** Each getter that an engine's or a library's code might read. */
const getters = (touch: () => void, ...names: readonly PropertyKey[]): PropertyDescriptorMap =>
  Object.fromEntries(
    names.map((name) => [
      name,
      {
        get() {
          touch();
          throw new Error('read');
        },
        enumerable: true,
        configurable: true,
      },
    ]),
  );

export const HOSTILE_VALUES: readonly HostileValue[] = [
  { name: 'a bigint', make: () => 123n, logged: '123n' },
  { name: 'a negative bigint', make: () => -5n, logged: '-5n' },
  { name: 'a huge bigint', make: () => 1n << 1_000_000n, logged: '[BigInt]', isBig: true },
  {
    name: 'a circular object',
    make: circular,
    logged: { n: 1, self: '[Circular]', list: ['[Circular]'] },
  },
  {
    name: 'a list of itself',
    make: () => {
      const list: unknown[] = [];
      list.push(list, list);
      return list;
    },
    logged: ['[Circular]', '[Circular]'],
  },
  {
    name: 'a shared reference that is no circle',
    make: () => {
      const shared = { n: 1 };
      return { a: shared, b: [shared, shared] };
    },
    logged: { a: { n: 1 }, b: [{ n: 1 }, { n: 1 }] },
  },
  {
    name: 'throwing getters',
    make: (touch) => Object.defineProperties({ n: 1 }, getters(touch, 'bad', 'toJSON', 'emit')),
    logged: { n: 1, bad: '[Getter]', toJSON: '[Getter]', emit: '[Getter]' },
  },
  {
    name: 'getters in a list',
    make: (touch) => Object.defineProperties([1, 2, 3], getters(touch, 1)),
    logged: [1, '[Getter]', 3],
  },
  {
    name: 'getters of a class',
    make: (touch) => {
      class Lazy {
        readonly shown = 1;
        get hidden() {
          touch();
          return 1;
        }
        get toJSON() {
          touch();
          return undefined;
        }
      }
      return new Lazy();
    },
    logged: { shown: 1 },
  },
  {
    name: 'a toJSON that throws',
    make: () => ({
      toJSON() {
        throw new Error('no');
      },
    }),
    logged: '[Object: toJSON failed]',
  },
  {
    name: 'a toJSON that returns its object',
    make: () => ({
      toJSON() {
        return this;
      },
    }),
    logged: '[Object]',
  },
  {
    name: 'a toJSON that rejects',
    make: () => ({
      async toJSON() {
        throw new Error('no');
      },
    }),
    logged: '[Promise]',
  },
  {
    name: 'a toJSON that never ends',
    make: () => {
      const next = (): unknown => ({ toJSON: next });
      return next();
    },
  },
  {
    name: 'a toJSON that returns a lot',
    make: () => ({ toJSON: () => manyKeys }),
    isBig: true,
  },
  { name: 'a model with toJSON', make: () => new Model({ id: 1n }), logged: { id: '1n' } },
  {
    name: 'a revoked proxy',
    make: () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
    logged: '[Proxy]',
  },
  {
    name: 'a revoked proxy of a list',
    make: () => {
      const { proxy, revoke } = Proxy.revocable([], {});
      revoke();
      return proxy;
    },
    logged: '[Proxy]',
  },
  {
    name: 'a proxy with traps',
    make: (touch) => new Proxy({}, traps(touch)),
    logged: '[Proxy]',
  },
  {
    name: 'a proxy of a list',
    make: (touch) => new Proxy([1, 2], traps(touch)),
    logged: '[Proxy]',
  },
  {
    name: 'a proxy of a function',
    make: (touch) => new Proxy(() => {}, traps(touch)),
    logged: '[Proxy]',
  },
  {
    name: 'a proxy of a date, an error and a map',
    make: (touch) => [new Date(), new Error('e'), new Map()].map((v) => new Proxy(v, traps(touch))),
    logged: ['[Proxy]', '[Proxy]', '[Proxy]'],
  },
  {
    name: 'an heir of a proxy',
    make: (touch) =>
      Object.create(new Proxy({}, traps(touch)), { own: { value: 1, enumerable: true } }),
    logged: { own: 1 },
  },
  {
    name: 'an instance whose class is a proxy',
    make: (touch) => {
      class Made {
        readonly n = 1;
      }
      Object.defineProperty(Made.prototype, 'constructor', {
        value: new Proxy(Made, traps(touch)),
      });
      return new Made();
    },
    logged: { n: 1 },
  },
  { name: 'a symbol', make: () => Symbol('s'), logged: 'Symbol(s)' },
  { name: 'a symbol of a megabyte', make: () => Symbol('s'.repeat(MIB)) },
  {
    name: 'symbol keys',
    make: () => ({ [Symbol('k')]: 1, n: Symbol.iterator }),
    logged: { n: 'Symbol(Symbol.iterator)' },
  },
  { name: 'a function', make: () => function secret() {}, logged: '[Function secret]' },
  {
    name: 'an arrow function',
    make: () =>
      (
        () => () =>
          'sk-source'
      )(),
    logged: '[Function]',
  },
  { name: 'a class', make: () => class Klass {}, logged: '[Function Klass]' },
  { name: 'a generator', make: () => (function* () {})(), logged: '[Generator]' },
  { name: 'an async generator', make: () => (async function* () {})(), logged: '[Generator]' },
  {
    name: 'a function whose name is a getter',
    make: (touch) => Object.defineProperties(() => {}, getters(touch, 'name', 'toString')),
    logged: '[Function]',
  },
  { name: 'a buffer', make: () => Buffer.alloc(1000), logged: '[Buffer: 1000 bytes]' },
  { name: 'a typed array', make: () => new Float64Array(4), logged: '[Float64Array: 32 bytes]' },
  { name: 'an array buffer', make: () => new ArrayBuffer(8), logged: '[ArrayBuffer: 8 bytes]' },
  {
    name: 'a shared array buffer',
    make: () => new SharedArrayBuffer(8),
    logged: '[SharedArrayBuffer: 8 bytes]',
  },
  {
    name: 'a data view',
    make: () => new DataView(new ArrayBuffer(8), 2),
    logged: '[DataView: 6 bytes]',
  },
  {
    name: 'a buffer with getters',
    make: (touch) =>
      Object.defineProperties(
        Buffer.alloc(3),
        getters(touch, 'byteLength', 'length', 'constructor', 'toJSON'),
      ),
    logged: '[Object: 3 bytes]',
  },
  { name: 'a readable', make: () => new Readable({ read() {} }), logged: '[Readable]' },
  { name: 'a writable', make: () => new Writable(), logged: '[Writable]' },
  { name: 'a duplex', make: () => new PassThrough(), logged: '[PassThrough]' },
  { name: 'a web stream', make: () => new ReadableStream(), logged: '[ReadableStream]' },
  {
    name: 'an async iterable',
    make: (touch) => ({
      [Symbol.asyncIterator]() {
        touch();
      },
      n: 1,
    }),
    logged: { n: 1 },
  },
  {
    name: 'a request',
    make: () => {
      const request = new IncomingMessage(new Socket());
      Object.assign(request, { method: 'POST', url: '/chat?key=sk-canary' });
      request.headers.authorization = 'Bearer sk-canary';
      return request;
    },
    logged: '[IncomingMessage POST /chat]',
  },
  {
    name: 'a response',
    make: () => {
      const response = new ServerResponse(new IncomingMessage(new Socket()));
      response.setHeader('Set-Cookie', 'sk-canary');
      return response;
    },
    logged: '[ServerResponse]',
  },
  { name: 'a socket', make: () => new Socket(), logged: '[Socket]' },
  {
    name: 'fetch classes',
    make: () => [new Headers({ cookie: 'sk-canary' }), new Response('sk-canary')],
    logged: ['[Headers: cookie]', '[Response 200, text/plain;charset=UTF-8]'],
  },
  { name: 'a date', make: () => new Date(0), logged: '1970-01-01T00:00:00.000Z' },
  { name: 'an invalid date', make: () => new Date('no'), logged: 'Invalid Date' },
  {
    name: 'a date with methods of its own',
    make: (touch) =>
      Object.assign(new Date(0), { toISOString: touch, getTime: touch, valueOf: touch }),
    logged: '1970-01-01T00:00:00.000Z',
  },
  {
    name: 'a map',
    make: () =>
      new Map<unknown, unknown>([
        ['a', 1],
        [{ k: 1 }, new Set([2])],
      ]),
    logged: {
      $map: [
        ['a', 1],
        [{ k: 1 }, { $set: [2] }],
      ],
    },
  },
  {
    name: 'a map and a set of themselves',
    make: () => {
      const map = new Map<unknown, unknown>();
      const set = new Set<unknown>([map]);
      map.set(map, set);
      return map;
    },
    logged: { $map: [['[Circular]', { $set: ['[Circular]'] }]] },
  },
  {
    name: 'a map with an iterator of its own',
    make: (touch) => {
      class Mine extends Map {
        override entries() {
          touch();
          return super.entries();
        }
        override [Symbol.iterator]() {
          touch();
          return super[Symbol.iterator]();
        }
        override get size() {
          touch();
          return 0;
        }
      }
      return Map.prototype.set.call(new Mine(), 'a', 1);
    },
    logged: { $map: [['a', 1]] },
  },
  {
    name: 'a map of a million',
    make: () => new Map(Array.from({ length: 1_000_000 }, (_, i) => [i, i])),
    isBig: true,
  },
  {
    name: 'a set of a million',
    make: () => new Set(Array.from({ length: 1_000_000 }, (_, i) => i)),
    isBig: true,
  },
  {
    name: 'an error with causes that form a circle',
    make: () => {
      const error = new Error('outer', { cause: new TypeError('inner') });
      (error.cause as Error).cause = error;
      return error;
    },
  },
  {
    name: 'an error with fifty causes',
    make: () => deep(50, (cause) => new Error('e', { cause })),
  },
  {
    name: 'an aggregate of 10,000 errors',
    make: () => new AggregateError(Array.from({ length: 10_000 }, (_, i) => new Error(`${i}`))),
    isBig: true,
  },
  { name: 'a DOMException', make: () => new DOMException('stopped', 'AbortError') },
  { name: 'a frozen error', make: () => Object.freeze(new Error('frozen')) },
  {
    name: 'an error with getters',
    make: (touch) => {
      let isMade = false;
      // The engine itself reads name and message when it writes the stack.
      const read = () => isMade && touch();
      const names = ['message', 'name', 'stack', 'cause', 'errors', 'code'];
      const descriptors = names.map((name) => [name, { get: read, configurable: true }]);
      const error = Object.defineProperties(new Error('e'), Object.fromEntries(descriptors));
      isMade = true;
      return error;
    },
  },
  {
    name: 'an error with a list of errors that is a trap',
    make: (touch) =>
      Object.assign(new Error('e'), {
        errors: Object.defineProperties([1], getters(touch, 0, 'slice', 'constructor')),
      }),
  },
  { name: 'an error of megabytes', make: () => new Error('m'.repeat(5 * MIB)), isBig: true },
  { name: 'private fields', make: () => new WithPrivates(), logged: { shown: 1 } },
  { name: 'an emitter', make: () => new EventEmitter() },
  {
    name: '20,000 levels of objects',
    make: () => deep(20_000, (inner) => ({ in: inner })),
    logged: nested(12, '[Object]'),
  },
  { name: '20,000 levels of lists', make: () => deep(20_000, (inner) => [inner]) },
  { name: 'a million keys', make: () => manyKeys, isBig: true },
  { name: 'a sparse list', make: () => Object.assign([], { 9999999: 'last' }), isBig: true },
  {
    name: 'the longest list there can be',
    make: () => {
      const list: unknown[] = [];
      list.length = 2 ** 32 - 1;
      return list;
    },
  },
  {
    name: 'an object that says it is a long list',
    make: () => ({ length: 2 ** 53 }),
    logged: { length: 2 ** 53 },
  },
  { name: 'a text of 50 MB', make: () => bigText, isBig: true },
  { name: 'a key of 50 MB', make: () => ({ [bigText]: 1 }), isBig: true },
  { name: 'the longest text there can be', make: () => 'x'.repeat(2 ** 29 - 24), isBig: true },
  {
    name: 'lone surrogates and control characters',
    make: () => '\ud800\u0000\u2028\udfff"\\',
    logged: '\ufffd\u0000\u2028\ufffd"\\',
  },
  { name: 'a text that grows when it is quoted', make: () => '\u0000'.repeat(65_536) },
  { name: 'a text of three bytes a character', make: () => '語'.repeat(65_536) },
  { name: 'an expression of a megabyte', make: () => new RegExp('x'.repeat(MIB)), isBig: true },
  {
    name: 'an expression with getters',
    make: (touch) =>
      Object.defineProperties(/a/gi, getters(touch, 'source', 'flags', 'global', 'toString')),
    logged: '/a/gi',
  },
  {
    name: 'odd numbers',
    make: () => [NaN, Infinity, -Infinity, -0, 5e-324],
    logged: ['NaN', 'Infinity', '-Infinity', 0, 5e-324],
  },
  {
    name: 'dangerous keys',
    make: () =>
      JSON.parse(
        '{"__proto__":{"x":1},"constructor":{"prototype":{"x":1}},"prototype":1,"hasOwnProperty":1,"toString":1,"then":1,"toJSON":1,"length":1,"":1}',
      ),
    logged: JSON.parse(
      '{"__proto__":{"x":1},"constructor":{"prototype":{"x":1}},"prototype":1,"hasOwnProperty":1,"toString":1,"then":1,"toJSON":1,"length":1,"":1}',
    ),
  },
  {
    name: 'reserved names',
    make: () => ({ output: 1, steps: [], inferenceId: 'mine' }),
    logged: { output: 1, steps: [], inferenceId: 'mine' },
  },
  {
    name: 'frozen values',
    make: () => Object.freeze({ a: Object.freeze([1]) }),
    logged: { a: [1] },
  },
  {
    name: 'sealed and closed values',
    make: () => [Object.seal({ a: 1 }), Object.preventExtensions({ b: 1 })],
    logged: [{ a: 1 }, { b: 1 }],
  },
  { name: 'a promise', make: () => Promise.resolve(1), logged: '[Promise]' },
  {
    name: 'a thenable',
    make: (touch) => {
      class Query {
        // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
        then() {
          touch();
        }
      }
      return new Query();
    },
    logged: '[Promise]',
  },
  {
    name: 'values of another realm',
    make: () => runInNewContext('({ d: new Date(0), m: new Map([[1, 2]]), e: [1], r: /x/g })'),
    logged: { d: '1970-01-01T00:00:00.000Z', m: { $map: [[1, 2]] }, e: [1], r: '/x/g' },
  },
  { name: 'an error of another realm', make: () => runInNewContext('new RangeError("far")') },
  { name: 'the global object', make: () => globalThis },
  {
    name: 'the process and its environment',
    make: () => ({ process, env: process.env }),
    isBig: true,
  },
  {
    name: 'weak things',
    make: () => [new WeakMap(), new WeakSet(), new WeakRef({})],
    logged: ['[WeakMap]', '[WeakSet]', '[WeakRef]'],
  },
  {
    name: 'boxes',
    make: () => [Object('s'), Object(1), Object(true), Object(1n), Object(Symbol('s'))],
    logged: ['s', 1, true, '1n', 'Symbol(s)'],
  },
  {
    name: 'a box with methods of its own',
    make: (touch) => Object.assign(Object('s'), { valueOf: touch, toString: touch, toJSON: touch }),
    logged: 's',
  },
  {
    name: 'arguments',
    make: () =>
      (function (..._: unknown[]) {
        // biome-ignore lint/complexity/noArguments: the object itself is what is tested
        return arguments;
      })(1, 2),
    logged: { 0: 1, 1: 2 },
  },
  {
    name: 'a null prototype',
    make: () => Object.assign(Object.create(null), { n: 1 }),
    logged: { n: 1 },
  },
  { name: 'plain: undefined', make: () => undefined },
  { name: 'plain: null', make: () => null },
  {
    name: 'plain: an object',
    make: () => ({ a: [1, 'two', { three: true }], n: null }),
    logged: { a: [1, 'two', { three: true }], n: null },
  },
];
