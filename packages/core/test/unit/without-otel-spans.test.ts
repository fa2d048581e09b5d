import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { withoutOtelSpans } from '../../src/platform/without-otel-spans.ts';

const API = Symbol.for('opentelemetry.js.api.1');
const SUPPRESS = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

type Values = ReadonlyMap<symbol, unknown>;
class FakeContext {
  readonly values: Values;
  constructor(values: Values = new Map()) {
    this.values = values;
  }
  setValue(key: symbol, value: unknown): FakeContext {
    return new FakeContext(new Map([...this.values, [key, value]]));
  }
}

const storage = new AsyncLocalStorage<FakeContext>();
const manager = {
  active: () => storage.getStore() ?? new FakeContext(),
  with: <T>(context: FakeContext, fn: () => T) => storage.run(context, fn),
};
const isSuppressed = () => storage.getStore()?.values.get(SUPPRESS) === true;

function withRegistered<T>(registered: unknown, fn: () => T): T {
  const holder = globalThis as Record<symbol, unknown>;
  const before = holder[API];
  holder[API] = registered;
  try {
    return fn();
  } finally {
    holder[API] = before;
  }
}

describe('withoutOtelSpans', () => {
  it('runs in a suppressed context that keeps the values of the active one, also after awaits', async () => {
    const key = Symbol('app');
    const seen = await withRegistered({ context: manager }, () =>
      storage.run(new FakeContext().setValue(key, 1), () =>
        withoutOtelSpans(async () => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          return [isSuppressed(), storage.getStore()?.values.get(key)];
        }),
      ),
    );
    assert.deepEqual(seen, [true, 1]);
    assert.equal(isSuppressed(), false);
  });

  it('just runs without a registered context manager', () => {
    for (const registered of [undefined, {}, { context: undefined }]) {
      assert.equal(
        withRegistered(registered, () => withoutOtelSpans(() => 7)),
        7,
      );
    }
  });

  it('rethrows what the function throws, and runs it once', () => {
    const failure = new Error('no');
    let runs = 0;
    assert.throws(
      () =>
        withRegistered({ context: manager }, () =>
          withoutOtelSpans(() => {
            runs++;
            throw failure;
          }),
        ),
      (error) => error === failure,
    );
    assert.equal(runs, 1);
  });

  it('runs although the context manager of the app is broken', () => {
    const broken = () => {
      throw new Error('broken');
    };
    for (const context of [{ ...manager, active: broken }, { ...manager, with: broken }, {}]) {
      assert.equal(
        withRegistered({ context }, () => withoutOtelSpans(() => 7)),
        7,
      );
    }
  });
});
