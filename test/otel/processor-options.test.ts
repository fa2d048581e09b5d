import assert from 'node:assert/strict';
import { ConfigError } from '@openlayer-tracing/core';
import { openlayerSpanProcessor, type SpanProcessorOptions } from '@openlayer-tracing/otel';

describe('the options of openlayerSpanProcessor', () => {
  const WRONG: readonly (readonly [unknown, RegExp])[] = [
    [7, /the options of openlayerSpanProcessor\(\) must be an object/],
    [null, /the options of openlayerSpanProcessor\(\) must be an object/],
    [{ filters: () => true }, /openlayerSpanProcessor\.filters is not known; did you mean filter/],
    [{ filter: true }, /openlayerSpanProcessor\.filter must be a function/],
    [{ orphans: 'keep' }, /openlayerSpanProcessor\.orphans must be one of drop, trace/],
  ];
  for (const [options, message] of WRONG) {
    it(`${JSON.stringify(options)} are refused with a ConfigError`, () => {
      assert.throws(
        () => openlayerSpanProcessor(options as SpanProcessorOptions),
        (error) => error instanceof ConfigError && message.test(error.message),
      );
    });
  }

  it('may be undefined', () => {
    openlayerSpanProcessor({ filter: undefined, orphans: undefined });
  });
});
