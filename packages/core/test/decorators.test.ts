import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { trace, traced } from '@openlayer-tracing/core';
import { record, rootOf } from './support.ts';

describe('@traced() in the TC39 dialect', () => {
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

    @traced()
    #hidden() {
      return 'hidden';
    }

    reveal() {
      return this.#hidden();
    }

    @traced()
    [Symbol.for('symbolic')]() {
      return 'symbolic';
    }
  }

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
    assert.ok(Object.hasOwn(Shop.prototype, 'total'));
    assert.deepEqual(Object.keys(Shop.prototype), []);
  });

  it('takes static, private and symbol methods', async () => {
    using traces = record();
    assert.deepEqual([...Shop.list(2)], [0, 1]);
    const shop = new Shop();
    assert.equal(shop.reveal(), 'hidden');
    const bySymbol = shop as unknown as Record<symbol, () => string>;
    assert.equal(bySymbol[Symbol.for('symbolic')]?.(), 'symbolic');
    const rows = await traces.rows();
    assert.deepEqual(
      rows.map((row) => rootOf(row).name),
      ['list', '#hidden', 'Symbol(symbolic)'],
    );
  });

  it('calls what a subclass overrides, and super', async () => {
    using traces = record();
    class Sale extends Shop {
      @traced({ name: 'sale price' })
      override price(sku: string) {
        return super.price(sku) / 2;
      }
    }
    assert.equal(new Sale().price('tea'), 1);
    assert.equal(
      await traces.tree(),
      `
└─ sale price [user_call]  → 1
   └─ look up [tool]  → 2
`,
    );
  });

  it('refuses anything but methods, and a decorator without its parentheses', () => {
    const decorate = traced() as unknown as (value: unknown, context: unknown) => unknown;
    assert.throws(() => decorate(undefined, { kind: 'field', name: 'x' }), {
      name: 'TypeError',
      message: '@traced() can only be used on methods',
    });
    assert.throws(
      () => decorate(class {}, { kind: 'class', name: 'X' }),
      /can only be used on methods/,
    );
    assert.throws(
      () => decorate(() => 1, { kind: 'getter', name: 'x' }),
      /can only be used on methods/,
    );
    const bare = traced as unknown as (value: unknown, context: unknown) => unknown;
    assert.throws(() => bare(() => 1, { kind: 'method', name: 'x' }), /write @traced\(\)/);
  });

  it('is the same as trace() on a method', async () => {
    using traces = record();
    const priced = trace(Shop.prototype.price, { name: 'again' });
    assert.equal(priced.call(new Shop(), 'tea'), 2);
    assert.equal(rootOf(await traces.row()).name, 'again');
  });
});

describe('@traced() in the legacy TypeScript dialect', () => {
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

  // The dialect is a setting of the compiler, which a process has once.
  it('passes the tests in legacy-decorators', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        here('../../../node_modules/mocha/bin/mocha.js'),
        '--import=tsx',
        '--no-config',
        here('legacy-decorators/decorators.ts'),
      ],
      { env: { ...process.env, TSX_TSCONFIG_PATH: here('legacy-decorators/tsconfig.json') } },
    ).catch((failure: { stdout: string }) => failure);
    assert.match(stdout, /6 passing/);
    assert.doesNotMatch(stdout, /failing/);
  });
});
