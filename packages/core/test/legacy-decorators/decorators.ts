import assert from 'node:assert/strict';
import { trace, traced } from '@openlayer-tracing/core';
import { record, rootOf } from '../support.ts';

describe('@traced() in the legacy TypeScript dialect', () => {
  const dialects: number[] = [];
  function countArguments(...given: unknown[]): void {
    dialects.push(given.length);
  }

  class Shop {
    readonly prices = new Map([['tea', 3]]);
    readonly #discount = 1;

    @traced({ name: 'look up', type: 'tool', inputs: (sku: string) => ({ sku }) })
    price(sku: string): number {
      return (this.prices.get(sku) ?? 0) - this.#discount;
    }

    @traced()
    async total(skus: readonly string[]): Promise<number> {
      return skus.reduce((sum, sku) => sum + this.price(sku), 0);
    }

    @traced()
    static *list(count: number) {
      for (let n = 0; n < count; n++) yield n;
    }

    @countArguments
    plain() {}
  }

  it('is what this folder is compiled to', () => {
    assert.deepEqual(dialects, [3]);
  });

  it('records methods as steps and keeps this', async () => {
    using traces = record();
    assert.equal(await new Shop().total(['tea', 'tea']), 4);
    assert.equal(
      await traces.tree(),
      `
└─ total [user_call]  → 4
   ├─ look up [tool]  → 2
   └─ look up [tool]  → 2
`,
    );
    assert.deepEqual((await traces.step('look up')).inputs, { sku: 'tea' });
  });

  it('keeps names, lengths and the prototype', () => {
    assert.equal(Shop.prototype.total.name, 'total');
    assert.equal(Shop.prototype.total.length, 1);
    assert.deepEqual(Object.keys(Shop.prototype), []);
    const { writable, configurable } = Object.getOwnPropertyDescriptor(
      Shop.prototype,
      'total',
    ) as PropertyDescriptor;
    assert.deepEqual({ writable, configurable }, { writable: true, configurable: true });
  });

  it('takes static methods', async () => {
    using traces = record();
    assert.deepEqual([...Shop.list(2)], [0, 1]);
    assert.deepEqual(rootOf(await traces.row()).output, [0, 1]);
  });

  it('refuses accessors', () => {
    const decorate = traced() as (
      target: object,
      key: string,
      descriptor: PropertyDescriptor,
    ) => unknown;
    assert.throws(() => decorate({}, 'x', { get: () => 1 }), /can only be used on methods/);
  });

  it('is the same as trace() on a method', async () => {
    using traces = record();
    assert.equal(trace(Shop.prototype.price, { name: 'again' }).call(new Shop(), 'tea'), 2);
    assert.equal(rootOf(await traces.row()).name, 'again');
  });
});
