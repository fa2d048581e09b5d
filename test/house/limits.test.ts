/** The table of what a runtime cannot keep: the guide shows it, and it names tests that are there. */

import assert from 'node:assert/strict';
import { LIMITS, limitsTable } from '../contract/runtimes/limits.ts';
import { record, recorder } from '../contract/runtimes/recorded-tests.ts';
import { OLDEST_DATE } from '../contract/runtimes/worker-config.ts';
import { contract } from '../contract/suite/contract.ts';
import { readText } from './repository.ts';

const PAGE = 'docs/runtimes.md';

describe('what a runtime cannot keep', () => {
  it('stands in the guide as it stands in the code', () => {
    // The columns of the page are aligned.
    const cells = (text: string) => text.replaceAll(/ +\|/g, ' |').replaceAll(/-{3,}/g, '---');
    assert.ok(cells(readText(PAGE)).includes(limitsTable()), limitsTable());
  });

  it('is shown by tests that other runtimes pass', () => {
    const tests = record(() => contract(recorder));
    assert.ok(tests.length > 100, 'the tests are found');
    for (const limit of LIMITS) {
      for (const test of limit.tests) assert.ok(tests.includes(test), test);
    }
  });
});

describe('the oldest workerd', () => {
  it('of the guide is the oldest one that the contract is tested on', () => {
    const versions = readText('scripts/runtimes.mjs').matchAll(
      /version: '(1\.\d+)\.\d+',\s+program: 'bin\/workerd',\s+compatibilityDate: '([\d-]+)'/g,
    );
    const [oldest] = [...versions].map(([, ...age]) => age).sort();
    assert.deepEqual(oldest?.[1], OLDEST_DATE);
    const page = readText(PAGE).replaceAll(/\s+/g, ' ');
    const [version, date] = oldest ?? [];
    assert.ok(page.includes(`workerd ${version} or newer`), version);
    assert.ok(page.includes(`any compatibility date from ${date} on`), date);
  });
});
