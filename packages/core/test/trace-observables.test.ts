/** Steps of functions that return an Observable of RxJS: they last until it ends, and nobody subscribes but the app. */

import assert from 'node:assert/strict';
import { step, trace } from '@openlayer-tracing/core';
import {
  BehaviorSubject,
  concat,
  defer,
  firstValueFrom,
  from,
  interval,
  lastValueFrom,
  map,
  mergeMap,
  Observable,
  of,
  range,
  Subject,
  share,
  take,
  tap,
  throwError,
  timeout,
  toArray,
} from 'rxjs';
import { record, rootOf, sleep } from './support.ts';

describe('trace(fn) of a function that returns an Observable', () => {
  it('ends the step when it completes, with its items', async () => {
    using traces = record();
    const ticks = trace(() => interval(5).pipe(take(3)), { name: 'ticks' });
    const got = await lastValueFrom(ticks().pipe(toArray()));
    assert.deepEqual(got, [0, 1, 2]);
    const root = rootOf(await traces.row());
    assert.deepEqual(root.output, [0, 1, 2]);
    assert.ok(root.latency >= 10, `${root.latency} ms`);
  });

  it('joins an output of strings', async () => {
    using traces = record();
    await lastValueFrom(trace(() => of('a', 'b'), { name: 'text' })());
    assert.equal(rootOf(await traces.row()).output, 'ab');
  });

  it('fails the step when it fails, and keeps the items before', async () => {
    using traces = record();
    const failing = trace(
      () =>
        concat(
          of('one'),
          throwError(() => new Error('broke')),
        ),
      {
        name: 'failing',
      },
    );
    await assert.rejects(lastValueFrom(failing()), /broke/);
    const root = rootOf(await traces.row());
    assert.deepEqual([root.output, root.metadata.error], ['one', 'broke']);
  });

  for (const [how, read] of Object.entries({
    'an operator that takes the first items': (items: Observable<number>) =>
      lastValueFrom(items.pipe(take(2))),
    'a promise of the first item': (items: Observable<number>) => firstValueFrom(items),
    'unsubscribing a function': async (items: Observable<number>) => {
      const subscription = items.subscribe(() => {});
      await sleep(12);
      subscription.unsubscribe();
    },
    'unsubscribing an observer': async (items: Observable<number>) => {
      const subscription = items.subscribe({ next() {} });
      await sleep(12);
      subscription.unsubscribe();
    },
    'an operator whose time is over': (items: Observable<number>) =>
      assert.rejects(lastValueFrom(items.pipe(timeout({ first: 2 })))),
  })) {
    it(`ends the step when the app leaves it by ${how}`, async () => {
      using traces = record();
      await read(trace(() => interval(4), { name: 'ticks' })());
      await sleep(1);
      assert.equal((await traces.rows()).length, 1);
      assert.equal(rootOf(await traces.row()).metadata.error, undefined);
    });
  }

  it('subscribes once, and not before the app does', async () => {
    using traces = record();
    let subscriptions = 0;
    let teardowns = 0;
    const source = new Observable<number>((subscriber) => {
      subscriptions++;
      subscriber.next(1);
      subscriber.complete();
      return () => teardowns++;
    });
    const followed = trace(() => source, { name: 'once' })();
    assert.equal(followed, source);
    assert.deepEqual([subscriptions, (await traces.rows()).length], [0, 0]);
    await lastValueFrom(followed);
    assert.deepEqual([subscriptions, teardowns, (await traces.rows()).length], [1, 1, 1]);
    // Further subscriptions belong to no call.
    await lastValueFrom(followed);
    assert.deepEqual([subscriptions, teardowns, (await traces.rows()).length], [2, 2, 1]);
  });

  it('stops a synchronous source when its operator has enough', async () => {
    using traces = record();
    let produced = 0;
    const numbers = trace(() => range(0, 1000).pipe(tap(() => produced++)), { name: 'numbers' });
    assert.deepEqual(await lastValueFrom(numbers().pipe(take(3), toArray())), [0, 1, 2]);
    assert.equal(produced, 3);
    assert.deepEqual(rootOf(await traces.row()).output, [0, 1, 2]);
  });

  it('runs its work in the step, and the operators of the app outside of it', async () => {
    using traces = record();
    await trace(
      async function request() {
        const found = step('find', () =>
          defer(() => from(step('inside', async () => 'x'))).pipe(
            mergeMap(async (item) => step('also inside', () => item)),
          ),
        );
        await lastValueFrom(found.pipe(mergeMap(async (item) => step('outside', () => item))));
      },
      { name: 'request' },
    )();
    assert.equal(
      await traces.tree(),
      `
└─ request [user_call]
   ├─ find [user_call]  → "x"
   │  ├─ inside [user_call]  → "x"
   │  └─ also inside [user_call]  → "x"
   └─ outside [user_call]  → "x"
`,
    );
  });

  it('follows the first subscription alone', async () => {
    using traces = record();
    const ticks = trace(() => interval(3).pipe(take(2), share()), { name: 'ticks' })();
    await Promise.all([lastValueFrom(ticks), lastValueFrom(ticks)]);
    assert.deepEqual(rootOf(await traces.row()).output, [0, 1]);
  });

  it('keeps traces apart that share one', async () => {
    using traces = record();
    let n = 0;
    const shared = defer(() => of(++n));
    const request = (name: string, ms: number) =>
      trace(
        async () => {
          const found = step('find', () => shared);
          await sleep(ms);
          return lastValueFrom(found);
        },
        { name },
      )();
    await Promise.all([request('slow', 10), request('fast', 2)]);
    const outputs = (await traces.rows()).map((row) => {
      const { name, output, steps } = rootOf(row);
      return [name, output, steps[0]?.output];
    });
    assert.deepEqual(outputs, [
      ['fast', 1, [1]],
      ['slow', 2, [2]],
    ]);
  });

  it('ends each step that returned the same one', async () => {
    using traces = record();
    const inner = trace(() => of(1), { name: 'inner' });
    await lastValueFrom(trace(() => inner(), { name: 'outer' })());
    const root = rootOf(await traces.row());
    assert.deepEqual([root.name, root.output], ['outer', [1]]);
    assert.deepEqual([root.steps[0]?.name, root.steps[0]?.output], ['inner', [1]]);
  });

  it('reports an error that the app does not handle as it is reported without tracing', async () => {
    for (const isTraced of [false, true]) {
      using _traces = record();
      const failing = () => throwError(() => new Error('unhandled'));
      const caught: unknown[] = [];
      const listeners = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => caught.push(error.message));
      try {
        (isTraced ? trace(failing, { name: 'failing' }) : failing)().subscribe(() => {});
        await sleep(5);
      } finally {
        process.removeAllListeners('uncaughtException');
        for (const listener of listeners) process.on('uncaughtException', listener);
      }
      assert.deepEqual(caught, ['unhandled'], isTraced ? 'traced' : 'bare');
    }
  });

  it('looks to the app as it does without tracing', () => {
    using _traces = record();
    const make = () => of(1).pipe(map((n) => n));
    const seen = (observable: Observable<number>) => {
      const got: unknown[] = [];
      const subscription = observable.subscribe({
        next(this: unknown, value) {
          got.push(['next', value, Object.keys(this as object)]);
        },
        complete: () => got.push('complete'),
      });
      return [Object.keys(observable), subscription.constructor.name, subscription.closed, got];
    };
    assert.deepEqual(seen(trace(make)()), seen(make()));
  });

  it('does not wait for a subject, whose owner may never complete it', async () => {
    using traces = record();
    const outputs = [];
    for (const subject of [new Subject(), new BehaviorSubject({ secret: 1 })]) {
      assert.equal(trace(() => subject, { name: 'bus' })(), subject);
    }
    for (const row of await traces.rows()) outputs.push(rootOf(row).output);
    assert.deepEqual(outputs, ['[Subject]', '[BehaviorSubject]']);
  });

  it('names an Observable among other values', async () => {
    using traces = record();
    trace(() => ({ items: interval(5) }), { name: 'values' })();
    assert.deepEqual(rootOf(await traces.row()).output, { items: '[Observable]' });
  });
});
