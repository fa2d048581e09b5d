/** Spans of an instrumentation whose work an integration records are no steps of their own, which is said once. */

import assert from 'node:assert/strict';
import { createTracer, type Diagnostic, type LogLevel } from '@openlayer-tracing/core';
import { replaceSpans } from '@openlayer-tracing/core/integration';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { openlayerSpanProcessor } from '@openlayer-tracing/otel';
import type { Attributes } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';

const provider = new BasicTracerProvider({ spanProcessors: [openlayerSpanProcessor()] });

const CHAIN = { 'gen_ai.operation.name': 'invoke_agent' };
const CALL = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5-mini' };

/** The steps of two traces with these spans, and what was reported. */
async function traced(scope: string, spans: readonly Attributes[], logLevel: LogLevel = 'info') {
  const diagnostics: Diagnostic[] = [];
  const transport = memoryTransport();
  const onDiagnostic = (diagnostic: Diagnostic) => void diagnostics.push(diagnostic);
  const tracer = createTracer({ transport, logLevel, onDiagnostic });
  for (const name of ['first', 'second']) {
    const trace = tracer.startTrace(name);
    trace.run(() => {
      for (const attributes of spans) {
        provider.getTracer(scope).startSpan('span', { attributes }).end();
      }
    });
    trace.end();
  }
  await tracer.shutdown();
  return { steps: transport.rows.flatMap((row) => row.steps[0]?.steps ?? []), diagnostics };
}

describe('a span of an instrumentation that an integration replaces', () => {
  const CASES: readonly (readonly [what: string, spans: readonly Attributes[]])[] = [
    ['of a run', [CHAIN]],
    ['of a model call', [CALL]],
    ['of a run and of a model call', [CHAIN, CALL]],
  ];
  for (const [what, spans] of CASES) {
    it(`is left to the integration, which is reported once: one ${what}`, async () => {
      const scope = `instrumentation ${what}`;
      replaceSpans(scope);
      const { steps, diagnostics } = await traced(scope, spans);
      assert.deepEqual(steps, []);
      assert.deepEqual(
        diagnostics.map(({ level, reason }) => [level, reason]),
        [['info', 'unrecorded_call']],
      );
      assert.match(String(diagnostics[0]?.message), new RegExp(`spans of ${scope} are left`));
    });
  }

  it('is nothing to warn of', async () => {
    replaceSpans('quiet');
    assert.deepEqual((await traced('quiet', [CHAIN, CALL], 'warn')).diagnostics, []);
  });

  it('is a step if no integration replaces it, and nothing is reported', async () => {
    const { steps, diagnostics } = await traced('not replaced', [CHAIN, CALL]);
    assert.equal(steps.length, 4);
    assert.deepEqual(diagnostics, []);
  });
});
