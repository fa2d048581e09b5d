/** Spans of the app's own SDK are steps of the request's trace, on every SDK in use. */

import assert from 'node:assert/strict';
import { runLab, SETUPS, stepNamed, tree } from './lab.ts';

for (const setup of SETUPS) {
  describe(`spans as steps, SDK ${setup.sdk} on ${setup.node}`, () => {
    it('nests spans and steps in each other, and reads the tokens of a model call', async () => {
      const { rows } = await runLab('basic', 'steps', { setup });
      assert.equal(rows.length, 1);
      const [row] = rows;
      assert.deepEqual(tree(row).split('\n').slice(1), [
        '└─ POST /chat [user_call]  → {"ok":true}',
        '   └─ prepare [chain]',
        '      └─ inside [user_call]',
        '         └─ chat gpt-5-mini [chat_completion]  gpt-5-mini  12+3 tokens  → "hello"',
      ]);
      const call = stepNamed(row, 'chat gpt-5-mini');
      assert.equal(call.promptTokens, 12);
      // The first test of a set-up installs it.
    }).timeout(300_000);
  });
}
