/** OpenAI's client behaves traced as it does bare, and its calls become the steps that they are. */

import assert from 'node:assert/strict';
import { type Compared, comparable, runBattery } from './battery/compare.ts';

for (const packageName of ['openai4', 'openai5', 'openai6', 'openai7']) {
  describe(packageName, function () {
    this.timeout(120_000);
    let compared: Compared;

    before(async () => {
      compared = await runBattery('openai', packageName);
    });

    it('shows at least 42 behaviours that tracing does not change', () => {
      const { bare, traced } = compared;
      assert.ok(bare.length >= 42, `${bare.length} checks`);
      for (const [i, each] of bare.entries()) assert.deepEqual(traced[i], each, each.name);
      assert.equal(traced.length, bare.length);
    });

    it('asks the provider the same', () => {
      assert.deepEqual(comparable(compared.tracedAsked), comparable(compared.bareAsked));
    });
  });
}
