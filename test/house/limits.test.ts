/** The table of what a runtime cannot keep: the README shows it, and it names tests that are there. */

import assert from 'node:assert/strict';
import { contract } from '../contract/contract.ts';
import { LIMITS, limitsTable } from '../contract/runtimes/limits.ts';
import { record, recorder } from '../contract/runtimes/recorded-tests.ts';
import { OLDEST_DATE } from '../contract/runtimes/worker-config.ts';
import { readText } from './repository.ts';

describe('what a runtime cannot keep', () => {
  it('stands in the README as it stands in the code', () => {
    // The README's columns are aligned.
    const cells = (text: string) => text.replaceAll(/ +\|/g, ' |').replaceAll(/-{3,}/g, '---');
    assert.ok(cells(readText('README.md')).includes(limitsTable()), limitsTable());
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
  it('of the README is the oldest one that the contract is tested on', () => {
    const versions = readText('scripts/runtimes.mjs').matchAll(
      /version: '(1\.\d+)\.\d+',\s+program: 'bin\/workerd',\s+compatibilityDate: '([\d-]+)'/g,
    );
    const [oldest] = [...versions].map(([, ...age]) => age).sort();
    assert.deepEqual(oldest?.[1], OLDEST_DATE);
    const readme = readText('README.md').replaceAll(/\s+/g, ' ');
    const [version, date] = oldest ?? [];
    assert.ok(readme.includes(`workerd ${version} or newer`), version);
    assert.ok(readme.includes(`any compatibility date from ${date} on`), date);
  });
});
