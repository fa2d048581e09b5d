/** Errors reach the app as they were thrown. cls-hooked's own `run` and `bind` add properties to them, or throw others. */

import assert from 'node:assert/strict';
import { step, trace } from '@openlayer-tracing/core';
import { later, tracing } from './support.ts';

const frozen = Object.freeze(new RangeError('frozen'));
const plain = new Error('plain');
const THROWN = [
  frozen,
  plain,
  'a string',
  7,
  undefined,
  null,
  Symbol('s'),
  Object.freeze({ code: 1 }),
];

describe('errors in a cls-hooked namespace', () => {
  it('are changed by methods of the namespace, which are therefore not used', () => {
    using own = tracing();
    const fail = () => {
      throw frozen;
    };
    assert.throws(() => own.namespace.run(fail), TypeError);
    assert.throws(own.namespace.bind(fail), TypeError);
  });

  it('pass unchanged, by every way into the scope', async () => {
    using own = tracing();
    const { tracer, scope, namespace } = own;
    const job = tracer.startTrace('job');
    for (const error of THROWN) {
      const fail = (): never => {
        throw error;
      };
      for (const act of [
        () => job.run(fail),
        () => job.bind(fail)(),
        () => job.step('fails', fail),
        () => job.run(() => step('fails', fail)),
        () => job.run(() => trace(fail)()),
        () => job.startStep('fails').run(fail),
        () => scope.run(undefined, fail, undefined, undefined),
      ]) {
        assert.equal(thrownBy(act), error);
        assert.equal(namespace.active, null);
      }
      const rejected = job.step('rejects', async () => {
        await later(0);
        throw error;
      });
      assert.equal(await rejected.then(assert.fail, (reason: unknown) => reason), error);
    }
    assert.deepEqual(Object.getOwnPropertyNames(plain), ['stack', 'message']);
    job.end();
  });

  it('pass unchanged, although the app has exited more contexts than it has entered', async () => {
    using own = tracing();
    const { tracer, namespace } = own;
    const job = tracer.startTrace('job');
    const leave = () => namespace.exit(namespace.active);
    assert.equal(
      job.run(() => {
        leave();
        return 'result';
      }),
      'result',
    );
    const failed = thrownBy(() =>
      job.step('fails', () => {
        leave();
        throw frozen;
      }),
    );
    assert.equal(failed, frozen);
    assert.equal(namespace.active, null);
    job.step('goes on', () => step('inner', () => {}));
    job.end();
    assert.equal(
      await own.trees(),
      `
└─ job [user_call]
   ├─ fails [user_call]  ✗ frozen
   └─ goes on [user_call]
      └─ inner [user_call]
`,
    );
  });

  it('do not change the step of the code after them', async () => {
    using own = tracing();
    const job = own.tracer.startTrace('job');
    await job.run(async () => {
      await step('outer', async () => {
        assert.equal(
          thrownBy(() =>
            step('fails', () => {
              throw frozen;
            }),
          ),
          frozen,
        );
        step('after it', () => {});
        await step('rejects', () => Promise.reject(frozen)).catch(() => {});
        step('after that', () => {});
      });
    });
    job.end();
    assert.equal(
      await own.trees(),
      `
└─ job [user_call]
   └─ outer [user_call]
      ├─ fails [user_call]  ✗ frozen
      ├─ after it [user_call]
      ├─ rejects [user_call]  ✗ frozen
      └─ after that [user_call]
`,
    );
  });
});

/** The error that the function throws. Fails if it throws none. */
function thrownBy(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}
