/** The styles of the page: each class is used, and what looks the same is written once. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
/** Declarations that two rules of different files may share. */
const MAX_SHARED = 5;

interface Rule {
  readonly file: string;
  readonly selector: string;
  readonly declarations: ReadonlySet<string>;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' });

function textOf(file: string): string {
  return readFileSync(join(SRC, file), 'utf8');
}

function rulesOf(file: string): Rule[] {
  const text = textOf(file).replace(/\/\*.*?\*\//gs, '');
  return [...text.matchAll(/([^{};]+)\{([^{}]*)\}/g)].map(([, selector = '', body = '']) => ({
    file,
    selector: selector.trim(),
    declarations: new Set(body.split(';').flatMap((each) => each.trim() || [])),
  }));
}

const modules = files.filter((file) => file.endsWith('.module.css'));

/** The classes of a module that components name, by the module's path. */
function usedClasses(): ReadonlyMap<string, ReadonlySet<string>> {
  const used = new Map<string, Set<string>>(modules.map((file) => [file, new Set()]));
  for (const file of files.filter((each) => each.endsWith('.tsx'))) {
    const text = textOf(file);
    for (const [, name, path = ''] of text.matchAll(/^import (\w+) from '(.+\.module\.css)';$/gm)) {
      const classes = used.get(join(file, '..', path));
      assert.ok(classes, `${file} imports ${path}, which is not there`);
      for (const [, each = ''] of text.matchAll(new RegExp(`\\b${name}\\.(\\w+)(?!.*';$)`, 'gm')))
        classes.add(each);
    }
  }
  return used;
}

describe('the styles', () => {
  it('have a rule for each class that a component names, and none besides', () => {
    const wrong: string[] = [];
    for (const [file, used] of usedClasses()) {
      const selectors = rulesOf(file).map(({ selector }) =>
        selector.replace(/:global\(.*?\)/g, ''),
      );
      const defined = new Set(
        selectors.flatMap((each) => [...each.matchAll(/\.(\w+)/g)].map(([, name = '']) => name)),
      );
      for (const name of used) if (!defined.has(name)) wrong.push(`${file} has no .${name}`);
      for (const name of defined) if (!used.has(name)) wrong.push(`.${name} of ${file} is unused`);
    }
    assert.deepEqual(wrong, []);
  });

  it(`share at most ${MAX_SHARED} declarations between two rules of different files`, () => {
    const rules = modules.flatMap(rulesOf);
    const alike: string[] = [];
    for (const [place, a] of rules.entries()) {
      for (const b of rules.slice(place + 1)) {
        if (a.file === b.file) continue;
        const shared = [...a.declarations].filter((each) => b.declarations.has(each));
        if (shared.length > MAX_SHARED)
          alike.push(`${a.file} ${a.selector}, ${b.file} ${b.selector}`);
      }
    }
    assert.deepEqual(alike, []);
  });
});
