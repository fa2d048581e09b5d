/** Programs of tests, compiled once for all processes that run them: a process that compiles takes twice as long to start. */

import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/** Packages are found from here as they are from the tests. */
const FOLDER = fileURLToPath(new URL(`../.cache/compiled/${process.pid}`, import.meta.url));
const scripts = new Map<string, string>();
after(() => rmSync(FOLDER, { recursive: true, force: true }));

/**
 * Compiles a program of TypeScript, once. Modules of ours whose names it puts together at run time are still loaded when it
 * asks for them.
 * @returns the path of the script, which is in another folder
 */
export function compiled(file: string): string {
  let script = scripts.get(file);
  if (script === undefined) {
    const folder = join(FOLDER, String(scripts.size));
    buildSync({
      entryPoints: [file],
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
    });
    script = join(folder, basename(file).replace(/\.m?ts$/, '.mjs'));
    scripts.set(file, script);
  }
  return script;
}
