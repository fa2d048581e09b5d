/** What our texts say holds: their code compiles, and what they name is there. See `snippets.ts`. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path/posix';
import { promisify } from 'node:util';
import {
  publishedPackages,
  ROOT,
  readManifest,
  readText,
  repositoryFiles,
  workspaces,
} from './repository.ts';
import { filesOfMarkdown, snippetsOfDocblocks, snippetsOfMarkdown } from './snippets.ts';
import { readSources } from './sources.ts';

const run = promisify(execFile);

const texts = repositoryFiles().filter((file) =>
  /^(README|CONTRIBUTING|CHANGELOG|(packages|examples)\/[^/]+\/README|docs\/[^/]+)\.md$/.test(file),
);

/** Within the tests' folder, so that the packages of the workspace are found; git does not see it. */
const FOLDER = `${ROOT}test/.snippets`;

const TSCONFIG = {
  extends: '../../tsconfig.json',
  compilerOptions: {
    lib: ['ES2023', 'ESNext.Disposable', 'ESNext.Decorators'],
    types: ['node'],
    composite: false,
    declaration: false,
    declarationMap: false,
    noEmit: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
  files: [],
  references: [],
  include: ['**/*.ts'],
};

describe('the texts', () => {
  it('are there', () => {
    const wanted = ['README.md', 'CONTRIBUTING.md'];
    wanted.push(...publishedPackages().map(({ folder }) => `${folder}/README.md`));
    assert.deepEqual(
      wanted.filter((file) => !texts.includes(file)),
      [],
    );
  });

  it('show code that compiles, and so do the examples in docblocks', async function () {
    this.timeout(60_000);
    const snippets = [...texts.flatMap(snippetsOfMarkdown), ...snippetsOfDocblocks(readSources())];
    assert.ok(snippets.length > texts.length, 'the snippets are found');
    await rm(FOLDER, { recursive: true, force: true });
    await mkdir(FOLDER, { recursive: true });
    await writeFile(join(FOLDER, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    for (const { file, line, code, prelude } of snippets) {
      const name = join(FOLDER, `${file.replaceAll('/', '~')}~${line + 1}.ts`);
      // As many lines above as there are in the text, so that the compiler's lines are the text's.
      const above = '\n'.repeat(line - 1);
      await writeFile(name, `${above}export {}; ${prelude}\n${code}`);
    }
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const complaints = await run(process.execPath, [tsc, '-p', FOLDER, '--pretty', 'false'], {
      cwd: ROOT,
    }).then(
      () => [],
      ({ stdout }: { stdout: string }) =>
        stdout
          .trim()
          .replaceAll(/^test\/\.snippets\/(.*?)~\d+\.ts/gm, (_, file: string) =>
            file.replaceAll('~', '/'),
          )
          .split('\n'),
    );
    assert.deepEqual(complaints, []);
    await rm(FOLDER, { recursive: true, force: true });
  });

  it('list every page of the guide, and those whose apps are run by a test', () => {
    const index = readText('docs/README.md');
    const pages = texts.filter((file) => file.startsWith('docs/') && file !== 'docs/README.md');
    assert.ok(pages.length > 0);
    const unlisted = pages.filter((page) => !index.includes(`](${page.slice('docs/'.length)})`));
    const recipes = repositoryFiles()
      .filter((file) => /^test\/recipes\/.*\.test\.ts$/.test(file))
      .map(readText);
    const unrun = pages
      .filter((page) => Object.keys(filesOfMarkdown(page)).length > 0)
      .filter((page) => !recipes.some((recipe) => recipe.includes(`compiledPage('${page}'`)));
    assert.deepEqual([...unlisted, ...unrun], []);
  });

  it('name every door of the integrations, and the versions that it is tested with', () => {
    const { exports = {} } = readManifest('packages/integrations/package.json');
    const doors = Object.keys(exports).filter((door) => door !== './package.json');
    const rows = [...readText('README.md').matchAll(/^\| `\/([\w-]+)` *\|(.*)\|(.*)\|$/gm)];
    assert.deepEqual(rows.map(([, door]) => `./${door}`).sort(), doors.sort());
    for (const [, door, about = '', versions = ''] of rows) {
      const clients = [...about.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
      const tested = testedVersions().filter(([name]) => clients.includes(name));
      const told = versions.match(/\d+\.\d+/g) ?? [];
      assert.deepEqual(new Set(told), new Set(tested.map(([, version]) => version)), door);
    }
    const own = readText('packages/integrations/README.md');
    assert.deepEqual(
      doors.filter((door) => !own.includes(door.slice(1))),
      [],
    );
  });

  for (const file of texts) {
    const text = readText(file);
    const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '');

    it(`${file} links to what is there`, () => {
      const broken = [...prose.matchAll(/\]\(<?([^)\s>]+)>?\)|^\[[^\]]+\]:\s*(\S+)/gm)]
        .map((match) => match[1] ?? match[2] ?? '')
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => !leadsSomewhere(file, link));
      assert.deepEqual(broken, []);
    });

    it(`${file} names npm scripts that are there`, () => {
      const manifests = [
        readManifest('package.json'),
        ...workspaces()
          .filter(({ folder }) => file.startsWith(`${folder}/`))
          .map(({ manifest }) => manifest),
      ];
      const scripts = new Set(manifests.flatMap((each) => Object.keys(each.scripts ?? {})));
      const named = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test|stop|restart)\b)/g)];
      const missing = named
        .map(([, script, short]) => script ?? short ?? '')
        .filter((script) => !scripts.has(script));
      assert.deepEqual(missing, []);
    });

    it(`${file} names bins and packages of ours that are there`, () => {
      const bins = publishedPackages().flatMap(({ manifest }) => Object.keys(manifest.bin ?? {}));
      const missing = [...text.matchAll(/\bnpx (openlayer-[\w-]+)/g)]
        .map(([, bin = '']) => bin)
        .filter((bin) => !bins.includes(bin));
      // A package that has doors for its parts alone is installed by its name all the same.
      const doors = workspaces().flatMap(({ manifest }) => [
        manifest.name,
        ...Object.keys(manifest.exports ?? {}).map(
          (subpath) => `${manifest.name}${subpath.slice(1)}`,
        ),
      ]);
      const unknown = [...text.matchAll(/@openlayer-tracing\/[\w-]+(?:\/[\w-]+)*/g)]
        .map(([door]) => door)
        .filter((door) => !doors.includes(door));
      assert.deepEqual([...missing, ...unknown], []);
    });

    it(`${file} names files that are there`, () => {
      const missing = [...prose.matchAll(/`([^`\n]+)`/g)]
        .map(([, span = '']) => span)
        .filter(isPath)
        .filter((path) => !isThere(path));
      assert.deepEqual(missing, []);
    });
  }
});

/** Of the packages that tests use, by the names that they are published under: `['openai', '7.57']`. */
function testedVersions(): [name: string, version: string][] {
  const { dependencies = {} } = readManifest('test/package.json');
  return Object.entries(dependencies).map(([alias, range]) => {
    const [, name = alias, version = range] = /^npm:(.+)@(.+)$/.exec(range) ?? [];
    return [name, /\d+\.\d+/.exec(version)?.[0] ?? ''];
  });
}

const TOP = new Set(repositoryFiles().map((file) => file.split('/')[0] ?? ''));

/** Whether a code span is meant as a file or folder of the repository. */
function isPath(span: string): boolean {
  if (!/^[\w.*-]+(\/[\w.*-]+)*\/?$/.test(span)) return false;
  const [first = ''] = span.split('/');
  return (span.includes('/') && TOP.has(first)) || /\.(ts|mts|mjs|json|md)$/.test(span);
}

/** A path is named from the root, or by its last parts where those are plain enough. `*` stands for one name. */
function isThere(path: string): boolean {
  const pattern = path
    .replace(/\/$/, '')
    .split('*')
    .map((part) => part.replaceAll('.', '\\.'))
    .join('[^/]*');
  const isFile = /\.\w+$/.test(path);
  const found = new RegExp(isFile ? `(^|/)${pattern}$` : `^${pattern}(/|$)`);
  return repositoryFiles().some((file) => found.test(file));
}

function leadsSomewhere(file: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : normalize(join(dirname(file), path));
  if (!existsSync(`${ROOT}${target}`)) return false;
  if (anchor === undefined || !target.endsWith('.md')) return true;
  const headings = [...readText(target).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(/\s/g, '-'),
  );
  return headings.includes(anchor);
}
