/** The app reads and writes its keys in the namespace as it does without tracing. */

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { step } from '@openlayer-tracing/core';
import { later, tracing } from './support.ts';

describe("the app's keys in its namespace", () => {
  it('are written through steps to the context of the app', async () => {
    using own = tracing();
    const { namespace, tracer } = own;
    const job = tracer.startTrace('job');
    await namespace.runAndReturn(async () => {
      // As a logger does, before tracing begins.
      const log = namespace.bind(() => namespace.get('user'));
      await job.run(async () => {
        await job.step('authenticate', async () => {
          await later();
          await step('look up', async () => namespace.set('user', 'ada'));
        });
        assert.equal(namespace.get('user'), 'ada');
      });
      assert.equal(namespace.get('user'), 'ada');
      assert.equal(log(), 'ada');
    });
    assert.equal(namespace.get('user'), undefined);
    job.end();
  });

  it('are read, overwritten and hidden in contexts within steps', async () => {
    using own = tracing();
    const { namespace, tracer } = own;
    const job = tracer.startTrace('job');
    await namespace.runAndReturn(async () => {
      namespace.set('plan', 'pro');
      await job.run(async () => {
        await namespace.runAndReturn(async () => {
          assert.equal(namespace.get('plan'), 'pro');
          namespace.set('plan', 'free');
          await step('inner', async () => {
            await later();
            assert.equal(namespace.get('plan'), 'free');
            namespace.set('plan', 'trial');
          });
          assert.equal(namespace.get('plan'), 'trial');
        });
        assert.equal(namespace.get('plan'), 'pro');
      });
      assert.equal(namespace.get('plan'), 'pro');
    });
    job.end();
  });

  it('are the only keys of a context, whatever their names', () => {
    using own = tracing();
    const { namespace, tracer } = own;
    const job = tracer.startTrace('job');
    const seen = () => ({
      keys: Object.keys(namespace.active),
      symbols: Object.getOwnPropertySymbols(namespace.active),
      all: JSON.stringify(namespace.active),
    });
    namespace.run(() => {
      for (const key of ['under', 'step', 'get', 'set', 'context', 'ref', 'id', '_ns_name']) {
        namespace.set(key, `own ${key}`);
      }
      const bare = seen();
      job.run(() =>
        step('inner', () => {
          assert.deepEqual(seen(), bare);
          assert.equal(namespace.get('step'), 'own step');
          assert.equal(namespace.get('id'), 'own id');
          namespace.set('toString', 'own too');
        }),
      );
      assert.equal(namespace.get('toString'), 'own too');
    });
    job.end();
  });

  it('of requests at once stay apart, however contexts and steps are nested', async () => {
    using own = tracing();
    const { namespace, tracer } = own;
    const seen = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        namespace.runAndReturn(async () => {
          const job = tracer.startTrace(`job ${n}`);
          namespace.set('n', n);
          const found = await job.run(async () => {
            await later(n % 3);
            const inner = await namespace.runAndReturn(async () => {
              namespace.set('inner', n);
              return step('inner', async () => {
                await later(n % 2);
                return [namespace.get('n'), namespace.get('inner')];
              });
            });
            return [...inner, namespace.get('n'), namespace.get('inner')];
          });
          job.end();
          return found;
        }),
      ),
    );
    seen.forEach((found, n) => {
      assert.deepEqual(found, [n, n, n, undefined]);
    });
  });

  it('reach listeners that are bound by bindEmitter, and so does the step', async () => {
    using own = tracing();
    const { namespace, tracer } = own;
    const job = tracer.startTrace('job');
    const emitter = new EventEmitter();
    await namespace.runAndReturn(async () => {
      namespace.set('user', 'ada');
      job.run(() => {
        namespace.bindEmitter(emitter);
        emitter.on('answer', () => step(`for ${namespace.get('user')}`, () => {}));
      });
    });
    assert.equal(namespace.active, null);
    emitter.emit('answer');
    job.end();
    assert.equal(
      await own.trees(),
      `
└─ job [user_call]
   └─ for ada [user_call]
`,
    );
  });

  it('cannot be set outside of any context, as without tracing', () => {
    using own = tracing();
    const { namespace, tracer } = own;
    const job = tracer.startTrace('job');
    job.run(() => step('inner', () => {}));
    job.end();
    assert.throws(() => namespace.set('user', 'ada'), /No context available/);
    assert.equal(namespace.active, null);
  });
});
