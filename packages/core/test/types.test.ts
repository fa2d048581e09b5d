import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const tsc = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin/tsc',
);

/** What tsc says of a project; empty where it is content. */
function complaintsOf(...project: readonly string[]): string {
  try {
    execFileSync(process.execPath, [tsc, ...project], { cwd: here, stdio: 'pipe' });
    return '';
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout);
  }
}

describe('the types', () => {
  it('say what types.test-d.ts expects of them', () => {
    assert.equal(complaintsOf('-p', 'tsconfig.types.json'), '');
  });

  it('hold for decorators in the legacy dialect', () => {
    assert.equal(complaintsOf('-p', 'legacy-decorators'), '');
  });
});
