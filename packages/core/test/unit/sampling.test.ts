import assert from 'node:assert/strict';
import type { Usage } from '@openlayer-tracing/core';
import type { Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import { callSample } from '../../src/trace/sampling.ts';

type Sample = Parameters<typeof callSample>[0];

/** Whether a trace is kept by this decision, what the decision was made of, and what was reported. */
function decide(
  sample: () => unknown,
  facts: {
    outcome?: 'completed' | 'aborted' | 'error';
    error?: { name: string; message: string };
  } = {},
) {
  const reasons: string[] = [];
  const seen: unknown[] = [];
  const trace = {
    inferenceId: 'a',
    outcome: facts.outcome ?? 'completed',
    statusCode: 200,
    usage: { tokens: 3 } as Usage,
    root: { name: 'GET /', endMs: 7, error: facts.error },
  };
  const diagnostics = { report: (_: string, reason: string) => reasons.push(reason) };
  const decision = (given: unknown) => {
    seen.push(given);
    return sample();
  };
  return {
    isKept: callSample(decision as Sample, trace, diagnostics as unknown as Diagnostics),
    reasons,
    seen,
  };
}

describe('sampling', () => {
  it('leaves a trace out for false alone', () => {
    assert.equal(decide(() => false).isKept, false);
    for (const kept of [true, undefined, 0, null, '']) {
      assert.equal(decide(() => kept).isKept, true, String(kept));
    }
  });

  it('keeps a trace where the decision fails or is promised, and says so', async () => {
    const thrown = decide(() => {
      throw new Error('x');
    });
    assert.deepEqual([thrown.isKept, thrown.reasons], [true, ['sample_failed']]);
    const promised = decide(async () => false);
    assert.deepEqual([promised.isKept, promised.reasons], [true, ['option_sample_async']]);
    const rejected = decide(() => Promise.reject(new Error('x')));
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.deepEqual(rejected.reasons, ['option_sample_async', 'sample_failed']);
  });

  it('is told what became of the trace', () => {
    const facts = { inferenceId: 'a', name: 'GET /', statusCode: 200, latencyMs: 7 };
    const usage = { tokens: 3 };
    for (const [given, outcome, hasError] of [
      [{ outcome: 'completed' }, 'completed', false],
      [{ outcome: 'aborted' }, 'aborted', false],
      [{ outcome: 'error' }, 'error', true],
      [{ outcome: 'completed', error: { name: 'Error', message: 'x' } }, 'completed', true],
    ] as const) {
      const { seen } = decide(() => true, given);
      assert.deepEqual(seen, [{ ...facts, outcome, hasError, usage }]);
    }
  });
});
