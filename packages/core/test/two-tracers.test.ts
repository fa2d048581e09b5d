/** Options of a tracer that were given in two places. */

import assert from 'node:assert/strict';
import { configure, createTracer, type Diagnostic } from '@openlayer-tracing/core';
import { captureTraces, memoryTransport } from '@openlayer-tracing/core/testing';
import { openlayerTracing } from '@openlayer-tracing/express';
import { withoutTracer } from './without-tracer.ts';

describe('options of a tracer', () => {
  const reasons: string[] = [];
  const messages: string[] = [];
  const onDiagnostic = ({ reason, message }: Diagnostic) => {
    reasons.push(reason);
    messages.push(message);
  };
  const transport = memoryTransport();
  beforeEach(() => {
    reasons.length = messages.length = 0;
  });

  const CALLS = {
    configure: () => configure({ transport, onDiagnostic }),
    'the middleware': () => openlayerTracing({ transport, onDiagnostic, redact: { keys: ['a'] } }),
  };
  const [first, second] = Object.keys(CALLS) as [keyof typeof CALLS, keyof typeof CALLS];

  for (const order of [
    [first, second],
    [second, first],
  ] as const) {
    it(`that are given to ${order.join(' and then to ')} are reported once`, () => {
      using _none = withoutTracer();
      for (const name of order) CALLS[name]();
      assert.deepEqual(reasons, ['two_tracers']);
      assert.equal(
        messages[0],
        'openlayerTracing() has options of a tracer (redact, onDiagnostic, transport), so its requests do without those of configure() (transport, onDiagnostic); give all of them to configure()',
      );
    });
  }

  it('that are given in one place are not reported, however often', () => {
    for (const call of Object.values(CALLS)) {
      using _none = withoutTracer();
      call();
      call();
      openlayerTracing({ tracer: createTracer({ transport, onDiagnostic }) });
      openlayerTracing({ skip: () => false });
      openlayerTracing({ logLevel: undefined });
    }
    assert.deepEqual(reasons, []);
  });

  it('that configure() was given without a value count for nothing', () => {
    using _none = withoutTracer();
    configure({ spool: undefined });
    CALLS['the middleware']();
    assert.deepEqual(reasons, []);
  });

  it('of a test that captures traces are not reported', () => {
    using _none = withoutTracer();
    using _traces = captureTraces({ onDiagnostic });
    CALLS['the middleware']();
    assert.deepEqual(reasons, []);
  });
});
