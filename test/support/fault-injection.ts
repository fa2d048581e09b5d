/**
 * Copies of our packages in which every function that can fail can be made to.
 *
 * `globalThis.__fault?.(id)` is put at the start of each function, or inside the `try` that the function begins with:
 * such a function is where failures are caught.
 */

import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import MagicString from 'magic-string';
import {
  catchesNothing,
  functionsOf,
  isHarmless,
  knowledgeOf,
  leadingTry,
  type OurFunction,
} from './fault-sites.ts';

/** Where a fault can happen. */
export interface FaultSite {
  readonly id: number;
  /** `core/dist/trace/scope/scope.js:12 AsyncLocalScope.run` */
  readonly where: string;
}

export interface FaultyCopy {
  /** File URL of the copy of a package's module. */
  url(module: string): string;
  readonly sites: readonly FaultSite[];
  /** How many functions have no fault, since nothing in them can fail. */
  readonly harmless: number;
}

declare global {
  var __fault: ((id: number) => void) | undefined;
}

/** Reading a field or a WeakMap cannot fail, nor can replacing letters, and nothing but that is done in them. */
const EXEMPT = new Set(['getTrace', 'traceIn', 'madeUuid']);

const PACKAGES = fileURLToPath(new URL('../../packages/', import.meta.url));

/**
 * Lays the packages out in `folder` as if they were installed there.
 * @param names folders in `packages`, such as `core`
 */
export async function copyWithFaults(
  names: readonly string[],
  folder: string,
): Promise<FaultyCopy> {
  const modules = await modulesOf(names);
  const all = modules.flatMap(({ functions }) => functions);
  const knowledge = knowledgeOf(
    all.filter(({ name }) => !EXEMPT.has(name)),
    EXEMPT,
  );
  const scope = join(folder, 'node_modules', '@openlayer-tracing');
  const sites: FaultSite[] = [];
  let count = 0;
  for (const { path, code, functions } of modules) {
    const changed = new MagicString(code);
    for (const fn of functions) {
      const hasFault = leadingTry(fn) !== undefined || !isHarmless(fn, knowledge);
      if (!hasFault || catchesNothing(fn, knowledge) || EXEMPT.has(fn.name)) {
        count++;
        continue;
      }
      sites.push({ id: sites.length, where: `${path}:${fn.node.loc?.start.line} ${fn.path}` });
      addFault(changed, fn, sites.length - 1);
    }
    await mkdir(join(scope, path, '..'), { recursive: true });
    await writeFile(join(scope, path), changed.toString());
  }
  for (const name of names) {
    await cp(join(PACKAGES, name, 'package.json'), join(scope, name, 'package.json'));
  }
  return { url: (module) => new URL(module, `file://${scope}/`).href, sites, harmless: count };
}

interface Module {
  /** Below `packages`. */
  readonly path: string;
  readonly code: string;
  readonly functions: readonly OurFunction[];
}

async function modulesOf(names: readonly string[]): Promise<Module[]> {
  const modules: Module[] = [];
  for (const name of names) {
    const files = await readdir(join(PACKAGES, name, 'dist'), { recursive: true });
    for (const file of files.filter((each) => each.endsWith('.js')).sort()) {
      // The compiler leaves behind what it made of sources that are gone.
      if (!existsSync(join(PACKAGES, name, 'src', file.replace(/\.js$/, '.ts')))) continue;
      const path = join(name, 'dist', file);
      const code = await readFile(join(PACKAGES, path), 'utf8');
      modules.push({ path, code, functions: functionsOf(code) });
    }
  }
  return modules;
}

function addFault(changed: MagicString, fn: OurFunction, id: number): void {
  const { body } = fn.node;
  const fault = `globalThis.__fault?.(${id})`;
  if (body.type === 'BlockStatement') {
    changed.appendLeft((leadingTry(fn) ?? body).start + 1, ` ${fault};`);
  } else {
    changed.appendRight(body.start, `(${fault}, `);
    changed.appendLeft(body.end, ')');
  }
}
