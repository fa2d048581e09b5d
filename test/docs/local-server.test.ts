/** The page about the local server's command lists its options, and no others. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, readText } from '../house/repository.ts';

const optionsIn = (text: string): string[] =>
  [...new Set(text.match(/(?<![\w-])--[a-z][\w-]*/g) ?? [])].sort();

describe('the page about the command of the local server', () => {
  it('has each option that the command has', () => {
    const bin = join(ROOT, 'packages/local/bin/openlayer-local.js');
    const help = execFileSync(process.execPath, [bin, '--help'], { encoding: 'utf8' });
    const page = readText('docs/local-server-cli.md');
    const options = optionsIn(help);
    assert.ok(options.length > 10, 'the options are found');
    const ofDocker = ['--rm'];
    assert.deepEqual(
      optionsIn(page).filter((option) => !ofDocker.includes(option)),
      options,
    );
    for (const [, shown = ''] of page.matchAll(/^\| `(--[^`]+)` \|/gm)) {
      assert.ok(help.includes(shown), shown);
    }
  });
});
