/** Which step is current where a framework runs code in an asynchronous context of its own. */

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { currentStep, getTracer, type Step, startStep } from '@openlayer-tracing/core';
import { registerStepFinder } from '@openlayer-tracing/core/integration';
import { captureTraces } from '@openlayer-tracing/core/testing';

describe('a step that a framework finds', () => {
  /** The framework's own; it cannot be unregistered, and finds nothing outside of it. */
  const context = new AsyncLocalStorage<() => Step | undefined>();
  let asked = 0;
  before(() =>
    registerStepFinder(() => {
      asked++;
      return context.getStore()?.();
    }),
  );
  const within = <R>(step: Step | undefined, fn: () => R): R => context.run(() => step, fn);

  it('is current if it is below the step of the scope', () => {
    using _captured = captureTraces();
    const trace = getTracer().startTrace('request');
    trace.run(() => {
      const tool = startStep('tool');
      within(tool, () => {
        assert.equal(currentStep(), tool);
        assert.equal(trace.current, tool);
        startStep('inner').run(() => assert.equal(currentStep()?.name, 'inner'));
        assert.equal(currentStep(), tool);
      });
      assert.equal(currentStep(), trace.root);
    });
    trace.end();
  });

  it('is current outside of a scope', () => {
    using _captured = captureTraces();
    const trace = getTracer().startTrace('request');
    const tool = trace.startStep('tool');
    within(tool, () => assert.equal(currentStep(), tool));
    trace.end();
    within(tool, () => assert.equal(currentStep(), undefined));
  });

  it('is not current within another scope', () => {
    using _captured = captureTraces();
    const trace = getTracer().startTrace('request');
    const other = getTracer().startTrace('another request');
    const [tool, beside] = [trace.startStep('tool'), trace.startStep('beside')];
    within(tool, () => {
      beside.run(() => assert.equal(currentStep(), beside));
      other.run(() => {
        assert.equal(currentStep(), other.root);
        assert.equal(other.current, other.root);
      });
    });
    trace.end();
    other.end();
  });

  it('is not looked for again after a failure', () => {
    let failures = 0;
    registerStepFinder(() => {
      failures++;
      throw new Error('the framework has changed');
    });
    using _captured = captureTraces();
    const trace = getTracer().startTrace('request');
    const before = asked;
    trace.run(() => {
      assert.equal(currentStep(), trace.root);
      assert.equal(currentStep(), trace.root);
    });
    trace.end();
    assert.equal(failures, 1);
    assert.ok(asked > before + 1);
  });
});
