/** Hooks of mocha: which mutants each test reaches, on a line of the log that `MUTANTS_REACHED` names. */

import { appendFileSync } from 'node:fs';

const log = process.env.MUTANTS_REACHED;

/** @param test none for what a file reaches before its first test */
function note(test) {
  const ids = [...(process.__reached ?? [])];
  process.__reached?.clear();
  if (ids.length === 0) return;
  const line = { ids, title: test?.fullTitle(), ms: test?.duration };
  appendFileSync(log, `${JSON.stringify(line)}\n`);
}

export const mochaHooks = {
  beforeAll() {
    note(undefined);
  },
  afterEach() {
    note(this.currentTest);
  },
};
