/** What holds for a client of any provider: its content is recorded only where that is wanted. */

import assert from 'node:assert/strict';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { runBattery, type Variant } from './compare.ts';
import { isElsewhere } from './runtime.ts';
import { recorded, type Suite } from './suite.ts';

/** What is said in the checks, to models and by them, and about nothing else. */
const SAID = /You said|hi there|sunny in|w0 w1|Let me|what was said|tell me of|Be brief|Hello/;

/** Content stays out of the steps of a client, or is masked, whatever it is asked for. */
export function contentSuite({
  battery,
  packageName,
}: Pick<Suite, 'battery' | 'packageName'>): void {
  // What is content depends on no runtime.
  if (isElsewhere) return;
  describe(`the content of ${packageName}`, function () {
    this.timeout(120_000);
    let silent: readonly WireStep[];
    let masked: readonly WireStep[];

    before(async () => {
      [silent, masked] = await Promise.all([stepsOf('silent'), stepsOf('masked')]);
    });

    async function stepsOf(variant: Variant): Promise<readonly WireStep[]> {
      const { rows } = await runBattery(battery, packageName, variant);
      const steps = rows.flatMap((row) => row.steps).flatMap(recorded);
      // What an app says in steps of its own is its own affair.
      return steps.filter(({ type }) => type !== 'user_call');
    }

    it('is left out where it is turned off, and models and tokens are told', () => {
      for (const step of silent) assert.doesNotMatch(JSON.stringify(step), SAID);
      const calls = silent.filter(({ type, model }) => type === 'chat_completion' && model);
      assert.ok(
        calls.some(({ promptTokens, completionTokens }) => promptTokens && completionTokens),
      );
    });

    it('is masked where that is asked for', () => {
      for (const step of masked) assert.doesNotMatch(JSON.stringify(step), SAID);
      assert.ok(masked.some(({ inputs, output }) => inputs === MASK && output === MASK));
    });
  });
}

const MASK = '[masked]';
