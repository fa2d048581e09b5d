/**
 * Programs of tests, compiled once for all processes that run them: a process that compiles takes twice as long to start, and
 * one that loads hundreds of modules does so once more.
 */

import { readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/** A file beside a module. The script is in another folder, and would look for it there. */
const FILE_BESIDE = /new URL\(\s*(['"`])(?:(?!\1).)*\1,\s*import\.meta\.url/;
/** Packages are found from here as they are from the tests. */
const FOLDER = fileURLToPath(new URL(`../.cache/compiled/${process.pid}`, import.meta.url));
/** By how it is compiled, and the file. */
const scripts = new Map<string, string>();
after(() => rmSync(FOLDER, { recursive: true, force: true }));

/** For packages in CommonJS that are part of an ES module. */
const REQUIRE =
  "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);";

export interface CompiledOptions {
  /**
   * Whether the packages that it imports, ours as well, are part of the script, as they are in a bundled app. Otherwise they
   * are loaded from where they are installed.
   * @default false
   */
  readonly isBundle?: boolean | undefined;
}

/**
 * Compiles a program of TypeScript, once. Modules of ours whose names it puts together at run time are still loaded when it
 * asks for them.
 * @returns the path of the script, which is in another folder
 * @throws if a module of the program finds a file by `new URL('...', import.meta.url)`
 */
export function compiled(file: string, { isBundle = false }: CompiledOptions = {}): string {
  const key = `${isBundle} ${file}`;
  let script = scripts.get(key);
  if (script === undefined) {
    const folder = join(FOLDER, String(scripts.size));
    const { metafile } = buildSync({
      metafile: true,
      entryPoints: [file],
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      ...(isBundle ? { banner: { js: REQUIRE } } : { packages: 'external' }),
      logLevel: 'error',
      platform: 'node',
      format: 'esm',
      target: 'node20',
    });
    for (const module of Object.keys(metafile.inputs)) {
      const beside = FILE_BESIDE.exec(readFileSync(module, 'utf8'))?.[0];
      if (beside) throw new Error(`${module}: ${beside}) leads elsewhere once it is compiled`);
    }
    script = join(folder, basename(file).replace(/\.m?ts$/, '.mjs'));
    scripts.set(key, script);
  }
  return script;
}
