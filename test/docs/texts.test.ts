/** What our texts name is there, and what has to stand in them does. Their code is checked by `snippets.test.ts`. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import {
  publishedPackages,
  ROOT,
  readManifest,
  readText,
  repositoryFiles,
  workspaces,
} from '../house/repository.ts';
import { APPS } from '../packages/apps.ts';
import { texts } from './built-pages.ts';
import { filesOfMarkdown } from './snippets.ts';

describe('the texts', () => {
  it('are there', () => {
    const wanted = ['README.md', 'CONTRIBUTING.md'];
    wanted.push(...publishedPackages().map(({ folder }) => `${folder}/README.md`));
    assert.deepEqual(
      wanted.filter((file) => !texts.includes(file)),
      [],
    );
  });

  it('list every page of the guide, and those whose apps are run by a test', () => {
    const index = readText('docs/README.md');
    const pages = texts.filter((file) => file.startsWith('docs/') && file !== 'docs/README.md');
    assert.ok(pages.length > 0);
    const unlisted = pages.filter((page) => !index.includes(`](${page.slice('docs/'.length)})`));
    const tests = repositoryFiles()
      .filter((file) => /^test\/(docs\/.*\.test|packages\/.*\.package)\.ts$/.test(file))
      .map(readText);
    const unrun = pages
      .filter((page) => Object.keys(filesOfMarkdown(page)).length > 0)
      .filter((page) => !tests.some((test) => test.includes(`'${page}'`)));
    assert.deepEqual([...unlisted, ...unrun], []);
  });

  it('name every entry point of the integrations, and the versions that it is tested with', () => {
    const { exports = {} } = readManifest('packages/integrations/package.json');
    const entryPoints = Object.keys(exports).filter(
      (entryPoint) => entryPoint !== './package.json',
    );
    const rows = [
      ...readText('docs/model-clients.md').matchAll(/^\| `\/([\w-]+)` *\|(.*)\|(.*)\|$/gm),
    ];
    assert.deepEqual(rows.map(([, entryPoint]) => `./${entryPoint}`).sort(), entryPoints.sort());
    for (const [, entryPoint, about = '', versions = ''] of rows) {
      const clients = [...about.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
      const tested = testedVersions().filter(([name]) => clients.includes(name));
      const told = versions.match(/\d+\.\d+/g) ?? [];
      assert.deepEqual(new Set(told), new Set(tested.map(([, version]) => version)), entryPoint);
    }
    const inOtherRuntimes = repositoryFiles()
      .map((file) => /^test\/integrations\/clients\/([\w-]+)\.test\.ts$/.exec(file)?.[1])
      .filter((name) => name !== undefined && name !== 'bedrock');
    assert.deepEqual(
      rows
        .filter(([, , about = '']) => /\| *Node 20 and 24, Bun, Deno *$/.test(about))
        .map(([, name]) => name)
        .sort(),
      inOtherRuntimes.sort(),
      'those whose batteries run on Bun and Deno too',
    );
    const own = readText('packages/integrations/README.md');
    assert.deepEqual(
      entryPoints.filter((entryPoint) => !own.includes(entryPoint.slice(1))),
      [],
    );
  });

  it('have every folder of a package in its map, and no other', () => {
    const maps = texts.filter((file) => /^packages\/.*\/CONTRIBUTING\.md$/.test(file));
    assert.ok(maps.length > 0);
    for (const map of maps) {
      const source = `${dirname(map)}/src/`;
      const files = repositoryFiles().filter((file) => file.startsWith(source));
      const folders = files.flatMap((file) => foldersAbove(file.slice(source.length)));
      assert.deepEqual(
        [...new Set(foldersOfMap(readText(map)))].sort(),
        [...new Set(folders)].sort(),
        map,
      );
    }
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
      // A package that has entry points for its parts alone is installed by its name all the same.
      const entryPoints = workspaces().flatMap(({ manifest }) => [
        manifest.name,
        ...Object.keys(manifest.exports ?? {}).map(
          (subpath) => `${manifest.name}${subpath.slice(1)}`,
        ),
      ]);
      const unknown = [...text.matchAll(/@openlayer-tracing\/[\w-]+(?:\/[\w-]+)*/g)]
        .map(([entryPoint]) => entryPoint)
        .filter((entryPoint) => !entryPoints.includes(entryPoint));
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

/** What stands in the first cells of a page's tables: folders, `*.ts` of a folder, or files. */
function foldersOfMap(page: string): string[] {
  const cells = [...page.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell = '']) => cell);
  return cells
    .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
    .map((name) => (/\.ts$/.test(name) ? dirname(name) : name))
    .filter((folder) => folder !== '.');
}

/** The folders that a file is in: `a` and `a/b` of `a/b/c.ts`. */
function foldersAbove(file: string): string[] {
  const names = file.split('/').slice(0, -1);
  return names.map((_, i) => names.slice(0, i + 1).join('/'));
}

/** Of the packages that tests use, by the names that they are published under: `['openai', '7.57']`. */
function testedVersions(): [name: string, version: string][] {
  const { dependencies = {} } = readManifest('test/package.json');
  const own = { ...APPS['claude-agent-sdk'], '@mastra/core': APPS.mastra['@mastra/core'] };
  return Object.entries({ ...dependencies, ...own }).map(([alias, range]) => {
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
