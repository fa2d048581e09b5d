import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiled } from './compiled.ts';

describe('a program that is compiled', () => {
  it('is refused if it looks for a file beside itself', () => {
    const folder = mkdtempSync(join(tmpdir(), 'openlayer-compiled-'));
    const file = join(folder, 'program.mts');
    try {
      writeFileSync(file, "console.log(new URL('./data.json', import.meta.url).href);\n");
      assert.throws(() => compiled(file), /program\.mts: new URL\('\.\/data\.json', import\.meta/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
