/** A step may be missing in a cls-hooked namespace. It never joins a trace that it does not belong to. */

import assert from 'node:assert/strict';
import { AsyncResource } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { currentTrace, type StartedTrace, step } from '@openlayer-tracing/core';
import { later, Startup, type Tracing, tracing } from './support.ts';

/** The methods by which an app handles contexts itself. */
interface Contexts {
  createContext(): object;
  enter(context: object): void;
  exit(context: object): void;
}

describe('the scope in a cls-hooked namespace', () => {
  let own: Tracing;
  let startup: Startup;
  /** Two requests that are open at once. */
  let a: StartedTrace;
  let b: StartedTrace;

  beforeEach(() => {
    own = tracing();
    startup = new Startup();
    a = own.tracer.startTrace('a');
    b = own.tracer.startTrace('b');
  });

  afterEach(() => own[Symbol.dispose]());

  /** The trees of both, without b's if it has no step. */
  async function trees(): Promise<string> {
    a.end();
    b.end();
    return (await own.trees()).replace(/└─ b \[user_call\]\n(?! )/, '');
  }

  it('is kept across asynchronous calls and contexts of the app', async () => {
    const { namespace } = own;
    await a.run(async () => {
      await later();
      await namespace.runAndReturn(async () => {
        await step('in run', async () => {
          await new Promise<void>((resolve) => setImmediate(resolve));
          await namespace.runAndReturn(() => step('in run in it', () => later()));
        });
      });
      const context = namespace.createContext();
      namespace.enter(context);
      step('entered', () => {});
      const bound = namespace.bind(() => step('bound', () => {}));
      namespace.exit(context);
      step('exited', () => {});
      startup.call(bound);
      await new Promise<void>((resolve) => process.nextTick(resolve));
      queueMicrotask(() => step('microtask', () => {}));
      await later();
    });
    assert.equal(
      await trees(),
      `
└─ a [user_call]
   ├─ in run [user_call]
   │  └─ in run in it [user_call]
   ├─ entered [user_call]
   ├─ exited [user_call]
   ├─ bound [user_call]
   └─ microtask [user_call]
`,
    );
  });

  it('of steps that run in parallel is that of each', async () => {
    const branch = (name: string, depth: number): Promise<void> =>
      step(name, async () => {
        await later(depth % 2);
        if (depth === 0) return;
        await Promise.all([branch(`${name}0`, depth - 1), branch(`${name}1`, depth - 1)]);
      });
    await Promise.all([a.run(() => branch('x', 2)), b.run(() => branch('y', 1))]);
    assert.equal(
      await trees(),
      `
└─ a [user_call]
   └─ x [user_call]
      ├─ x0 [user_call]
      │  ├─ x00 [user_call]
      │  └─ x01 [user_call]
      └─ x1 [user_call]
         ├─ x10 [user_call]
         └─ x11 [user_call]
└─ b [user_call]
   └─ y [user_call]
      ├─ y0 [user_call]
      └─ y1 [user_call]
`,
    );
  });

  it('in a bound callback is that of the request that bound it, wherever a pool calls it', async () => {
    const { namespace } = own;
    const pool: (() => void)[] = [];
    const query = (name: string) =>
      new Promise<void>((resolve) => {
        const done = () => {
          step(`${name} called back`, () => {});
          resolve();
        };
        pool.push(namespace.bind(done));
      });
    const request = async (name: string) => {
      await query(name);
      await step(`${name} after it`, () => later());
    };
    const both = [a.run(() => request('a')), b.run(() => request('b'))];
    // In the scope of the first request, as in a pool that collects queries.
    a.run(() => setTimeout(() => pool.splice(0).forEach((call) => void call())));
    await Promise.all(both);
    assert.equal(
      await trees(),
      `
└─ a [user_call]
   ├─ a called back [user_call]
   └─ a after it [user_call]
└─ b [user_call]
   ├─ b called back [user_call]
   └─ b after it [user_call]
`,
    );
  });

  it('in a callback that belongs to no request is not that of the request that calls it', async () => {
    const emitter = new EventEmitter();
    const seen: unknown[] = [];
    // Such a callback comes from middleware of an untraced request, and a pool calls it during another request.
    const callback = startup.call(() =>
      AsyncResource.bind(async () => {
        seen.push(currentTrace());
        step('stray', () => {});
        emitter.emit('turn');
        await later();
        seen.push(currentTrace());
        step('stray, later', () => {});
      }),
    );
    await a.run(async () => {
      await step('query', () => later());
      const called = callback();
      step('mine', () => {});
      await called;
      step('mine too', () => {});
    });
    assert.deepEqual(seen, [undefined, undefined]);
    assert.equal(
      await trees(),
      `
└─ a [user_call]
   ├─ query [user_call]
   ├─ mine [user_call]
   └─ mine too [user_call]
`,
    );
  });

  it('is removed there without hiding the keys of the app', async () => {
    const { namespace } = own;
    const callback = startup.call(() =>
      AsyncResource.bind(() => {
        namespace.set('seen', namespace.get('user'));
      }),
    );
    namespace.run(() => {
      namespace.set('user', 'ada');
      a.run(() => callback());
      assert.equal(namespace.get('seen'), 'ada');
    });
  });

  describe('is not that of a request whose context is still active after its callback', () => {
    /** Runs code in the context that was left active, and code that this starts. @returns the current trace in each of them */
    async function strays(): Promise<unknown[]> {
      const seen: unknown[] = [];
      const stray = async () => {
        seen.push(currentTrace());
        step('stray', () => {});
        await later();
        seen.push(currentTrace());
        step('stray, later', () => {});
        own.namespace.run(() => seen.push(currentTrace()));
      };
      await startup.callLater(stray);
      await later();
      // A request that begins now still has its own scope.
      await b.run(() => step('of b', () => later()));
      return seen;
    }

    const contexts = () => own.namespace as Contexts;
    const enter = () => contexts().enter(contexts().createContext());

    const LEAVES: Readonly<Record<string, () => unknown>> = {
      'by runPromise': () => a.run(() => own.namespace.runPromise(() => later(30))),
      'by runPromise in a step': () =>
        a.run(() => step('inner', () => own.namespace.runPromise(() => later(30)))),
      'by runPromise, later': () =>
        a.run(async () => {
          await later(0);
          own.namespace.runPromise(() => later(30));
          await later(0);
        }),
      'by runPromise whose function throws': () =>
        a.run(() => {
          assert.throws(() =>
            own.namespace.runPromise(() => {
              throw new Error('at once');
            }),
          );
        }),
      'by runPromise whose function returns no promise': () =>
        a.run(() => {
          assert.throws(() => own.namespace.runPromise(() => 42 as never));
        }),
      'by an enter without its exit': () => a.run(enter),
      'by an enter without its exit, later': () =>
        a.run(async () => {
          await later(0);
          enter();
        }),
      'by entering once more what is active': () =>
        a.run(() => contexts().enter(own.namespace.active)),
      'by an error between enter and exit': () =>
        a.run(() => {
          assert.throws(() => {
            enter();
            throw new Error('between them');
          });
        }),
      'in a timer': () => a.run(() => setTimeout(enter)),
      'in a callback within a callback': () =>
        a.run(() => {
          const callback = AsyncResource.bind(enter);
          startup.call(callback);
        }),
    };

    for (const [how, act] of Object.entries(LEAVES)) {
      it(how, async () => {
        await startup.callLater(() => void act());
        await later(5);
        assert.deepEqual(await strays(), [undefined, undefined, undefined]);
        a.step('found by hand', () => step('within', () => {}));
        const tree = await trees();
        assert.doesNotMatch(tree, /stray/);
        assert.match(tree, /found by hand \[user_call\]\n {3}(│| ) {2}└─ within/);
        assert.match(tree, /└─ b \[user_call\]\n {3}└─ of b \[user_call\]\n$/);
      });
    }

    it('not even in the rest of the same callback', async () => {
      for (const act of [enter, () => contexts().enter(own.namespace.active)]) {
        const seen = await startup.callLater(() => {
          a.run(act);
          step('stray', () => {});
          return currentTrace();
        });
        assert.equal(seen, undefined);
      }
      assert.doesNotMatch(await trees(), /stray/);
    });

    it('not even if another request calls its callback', async () => {
      for (const act of [enter, () => contexts().enter(own.namespace.active)]) {
        const callback = a.run(() => AsyncResource.bind(act));
        const seen = await b.run(async () => {
          await later(0);
          callback();
          step('stray', () => {});
          return currentTrace();
        });
        assert.equal(seen, undefined);
      }
      assert.doesNotMatch(await trees(), /stray/);
    });

    it('not even on a connection that opens then', async () => {
      const seen: unknown[] = [];
      await using server = await startup.callLater(() =>
        listening((socket) => {
          socket.on('data', () => {
            seen.push(currentTrace());
            step('stray', () => {});
            socket.end('thanks');
          });
        }),
      );
      await startup.callLater(() => a.run(enter));
      const socket = startup.call(() => connect(server.port, '127.0.0.1'));
      socket.write('hello');
      assert.equal(await text(socket), 'thanks');
      assert.deepEqual(seen, [undefined]);
      assert.doesNotMatch(await trees(), /stray/);
    });

    it('by runPromise of the app around the request', async () => {
      const { namespace } = own;
      const request = (trace: StartedTrace, name: string) =>
        namespace.runPromise(() =>
          trace.run(async () => {
            await step(name, () => later());
            await namespace.runAndReturn(() => step(`${name} again`, () => later()));
          }),
        );
      const both = startup.call(() => [request(a, 'one'), request(b, 'two')]);
      const seen = await startup.callLater(() => currentTrace());
      assert.equal(seen, undefined);
      await Promise.all(both);
      assert.equal(
        await trees(),
        `
└─ a [user_call]
   ├─ one [user_call]
   └─ one again [user_call]
└─ b [user_call]
   ├─ two [user_call]
   └─ two again [user_call]
`,
      );
    });
  });

  it('is found after any number of nested contexts', () => {
    const { namespace } = own;
    namespace.run(() => {
      namespace.set('user', 'ada');
      let last = new AsyncResource('CALLBACK');
      for (let n = 0; n < 20_000; n++) {
        last = last.runInAsyncScope(() => a.run(() => new AsyncResource('CALLBACK')));
      }
      last.runInAsyncScope(() => {
        assert.equal(currentTrace(), a);
        assert.equal(namespace.get('user'), 'ada');
      });
    });
  });

  it('ends with its trace, although the context stays', async () => {
    let late: unknown;
    const { promise, resolve } = withResolvers();
    a.run(() => {
      promise.then(() => {
        late = currentTrace();
        step('late', () => {});
      });
    });
    const tree = await trees();
    resolve();
    await later();
    assert.equal(late, undefined);
    assert.equal(tree, '\n└─ a [user_call]\n');
  });
});

async function listening(
  onConnection: (socket: Socket) => void,
): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer(onConnection).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((each) => {
    resolve = each;
  });
  return { promise, resolve };
}
