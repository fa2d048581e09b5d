/** Who may know whom. The picture is in CONTRIBUTING.md; a new package needs its arrows here first. */

import assert from 'node:assert/strict';
import { dirname, join } from 'node:path/posix';
import { readManifest, readText, type Workspace, workspaces } from './repository.ts';
import { type Import, readSources, type Source } from './sources.ts';

const CORE = '@openlayer-tracing/core';
const OTEL = '@openlayer-tracing/otel';

/** Modules, by name or by pattern. */
type Modules = readonly (string | RegExp)[];

interface Arrows {
  /** What its code may import at run time, beside its own files. */
  readonly uses: Modules;
  /** What it may import when it is asked for something that needs it. */
  readonly loads: Modules;
  /** What it may know by `import type` alone. */
  readonly knows: Modules;
  /** What it hands on whole, by `export *`. */
  readonly handsOn: Modules;
  /** What its users install with it. */
  readonly dependencies: Modules;
  /** What its users bring along. */
  readonly peers: Modules;
}

const NONE: Arrows = { uses: [], loads: [], knows: [], handsOn: [], dependencies: [], peers: [] };

const ARROWS: Readonly<Record<string, Arrows>> = {
  core: {
    ...NONE,
    uses: ['#platform', '#spool', 'node:async_hooks'],
    // What watches a response of Node's knows its shape, and needs nothing of Node to run.
    knows: ['node:http', 'node:net'],
  },
  express: adapterOf('express', '@types/express'),
  koa: adapterOf('koa', '@types/koa'),
  hono: adapterOf('hono'),
  integrations: {
    ...NONE,
    uses: [`${CORE}/integration`],
    // Nothing of a client; prices come from a library.
    loads: ['@pydantic/genai-prices'],
    knows: [/^[^.]/],
    dependencies: [CORE, '@pydantic/genai-prices'],
    peers: [/^(?!@openlayer-tracing\/)/],
  },
  'cls-hooked': {
    ...NONE,
    uses: [CORE, 'cls-hooked', 'node:async_hooks'],
    dependencies: [CORE],
    peers: ['cls-hooked', '@types/cls-hooked'],
  },
  otel: {
    ...NONE,
    uses: [CORE, `${CORE}/integration`, /^@opentelemetry\//],
    dependencies: [CORE, /^@opentelemetry\//],
    peers: [/^@opentelemetry\//],
  },
  local: {
    ...NONE,
    uses: [/^node:/, /^(?!@openlayer-tracing\/)[^.#]/],
    loads: [`${OTEL}/dialects`],
    knows: [`${CORE}/wire`, `${OTEL}/dialects`],
    dependencies: [CORE, OTEL, /^(?!@openlayer-tracing\/)/],
  },
  // Built into the local server: its libraries are in the bundle, and nobody installs them.
  viewer: { ...NONE, uses: [/^(?!@openlayer-tracing\/|node:)[^.#]/] },
};

/** The API between the page and the local server: types, lists and limits. It imports nothing. */
const PAGE_API = 'packages/local/src/page-api.ts';

/** The folders of packages/viewer/src, from the lowest floor to the highest. */
const PAGE_FLOORS = [
  ...['state', 'reading', 'reading/conversation', 'server'],
  ...['ui', 'ui/values', 'ui/controls', 'ui/layout', 'ui/grid', 'content', 'frame'],
  ...['trace/steps', 'trace/timeline', 'trace/step', 'trace/head', 'trace'],
  ...['compare', 'overview', 'pages', 'requests'],
];

/** What puts the page together, above its folders. The other files beside the folders are below them. */
const PAGE_TOP = ['main.tsx', 'routes.tsx'];

/** Core is one stack of floors, the lowest first: a file knows files of its own floor and of those below, also by their types. */
const FLOORS = [
  ...['platform', 'values', 'follow', 'diagnostics', 'trace', 'publish', 'spool', 'config'],
  ...['tracer', 'api', 'integration', 'http', 'entry points'],
];
/**
 * The rooms of a floor, by its package and its name, the lowest first: a file imports from its own room and from those below. The
 * files beside the rooms are above them.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  'core/values': ['text', 'json', 'reading', 'events', 'redaction', 'snapshot'],
  'core/follow': ['observe'],
  'core/trace': ['model', 'ids', 'scope', 'usage', 'content'],
  'core/publish': ['row', 'transport', 'counts', 'chain', 'openlayer', 'queue'],
  'core/spool': ['segment', 'folder', 'sending', 'command'],
  'core/tracer': ['row-updates', 'api', 'destinations', 'ended'],
  'core/integration': ['report', 'call', 'scope', 'bodies', 'once', 'start', 'spans'],
  'core/http': ['body', 'trace', 'node', 'web', 'options', 'request'],
  'integrations/shapes': [
    ...['reading', 'openai', 'anthropic', 'cohere', 'gemini', 'mistral', 'bedrock', 'jobs'],
  ],
  'integrations/http': ['exchange', 'body', 'request', 'response', 'calls'],
};
/** Files beside the folders of a package that any of them may import. Others are entry points, above the folders. */
const BELOW_FOLDERS = [PAGE_API, 'packages/local/src/package-folders.cjs'];
/**
 * The folders of these packages, the lowest first: a file imports from its own folder and from those below. A folder that is
 * not in the list belongs to the one around it.
 */
const FOLDER_FLOORS: Readonly<Record<string, readonly string[]>> = {
  local: [
    ...['values', 'http', 'storage', 'reading', 'rendering'],
    ...['trace-index/facts', 'trace-index/words', 'trace-index', 'queries', 'overview'],
    ...['checks', 'reports', 'page', 'otlp', 'routes', 'server', 'cli'],
  ],
  integrations: [
    ...['common', 'shapes', 'pricing', 'http', 'clients', 'ai-sdk', 'claude-agent-sdk'],
    ...['langchain', 'mastra', 'mcp', 'openai-agents'],
  ],
  otel: [
    ...['dialects/data', 'dialects/vocabulary', 'dialects/facts', 'dialects/attributes/tables'],
    ...['dialects/attributes', 'dialects/messages', 'dialects/to-step', 'dialects/to-span'],
    ...['export/rows', 'export/otlp', 'export/sdk', 'export/options', 'export', 'spans'],
  ],
};
/** Where what an import of a package's own leads to stands. */
const ALIASES: Readonly<Record<string, string>> = {
  '#platform': 'packages/core/src/platform/node/platform.ts',
  '#spool': 'packages/core/src/spool/open-spool.ts',
};
/** Types alone, which may be known anywhere. */
const WIRE = 'packages/core/src/wire.ts';

/** What core needs of Node stands in `src/platform`, and is little. */
const NEEDS_NODE = /^packages\/core\/src\/(platform\/|openlayer-replay\.ts)/;
const PLATFORM_MODULES: Modules = [
  'node:crypto',
  'node:diagnostics_channel',
  'node:fs',
  'node:http',
  'node:https',
  'node:module',
  'node:os',
  'node:path',
  'node:timers',
  'node:util',
  'node:zlib',
];

/** The tests that look behind a door. Each says why at its import. */
const BEHIND_THE_DOOR = [
  'test/faults/publishing/diagnostics.test.ts',
  'test/faults/publishing/retry.test.ts',
  'test/faults/spool/damaged-files.fault.ts',
  'test/house/tables-of-core.test.ts',
];

function adapterOf(...framework: string[]): Arrows {
  return {
    ...NONE,
    uses: [`${CORE}/adapter`],
    knows: [...framework, /^node:/],
    handsOn: [CORE, `${CORE}/testing`],
    dependencies: [CORE],
    peers: framework,
  };
}

function includes(modules: Modules, specifier: string): boolean {
  return modules.some((each) =>
    typeof each === 'string' ? each === specifier : each.test(specifier),
  );
}

const packages = workspaces().filter(({ folder }) => folder.startsWith('packages/'));
const published = packages.filter(({ manifest }) => manifest.private !== true);
const isRelative = ({ specifier }: Import) => specifier.startsWith('.');

/** Where an import of a file leads within the repository. */
function targetOf(source: Source, { specifier }: Import): string {
  return ALIASES[specifier] ?? join(dirname(source.path), specifier).replace(/\.js$/, '.ts');
}

/** @returns the height of the floor of core that a file stands on, from 0 */
function floorOf(path: string): number {
  const [folder = '', file] = path.slice('packages/core/src/'.length).split('/');
  return FLOORS.indexOf(file === undefined ? 'entry points' : folder);
}

/** The page may know its API, and nothing else of the local server. */
function isOfPageApi(source: Source, found: Import): boolean {
  const isOfPage = source.path.startsWith('packages/viewer/src/');
  return isOfPage && targetOf(source, found) === PAGE_API;
}

function libraryOf({ folder }: Workspace): readonly Source[] {
  return readSources().filter(({ path }) => path.startsWith(`${folder}/src/`));
}

function isAllowed(arrows: Arrows, source: Source, found: Import): boolean {
  const { specifier, kind } = found;
  if (kind === 'everything') return includes(arrows.handsOn, specifier);
  if (includes(arrows.uses, specifier)) return true;
  if (kind === 'lazy' && includes(arrows.loads, specifier)) return true;
  if (kind === 'type' && includes(arrows.knows, specifier)) return true;
  return NEEDS_NODE.test(source.path) && includes(PLATFORM_MODULES, specifier);
}

/** `@scope/name` of `@scope/name/door`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

describe('the arrows between packages', () => {
  for (const workspace of packages) {
    const { folder, manifest } = workspace;
    const arrows = ARROWS[folder.slice('packages/'.length)];

    it(`${folder} imports what its arrows allow and nothing else`, () => {
      assert.ok(arrows, `${folder} has no arrows yet: say in this file what it may know`);
      const strays = libraryOf(workspace).flatMap((source) =>
        source.imports
          .filter((found) => !isRelative(found) && !isAllowed(arrows, source, found))
          .map(({ specifier, kind, line }) => `${source.path}:${line} ${kind} ${specifier}`),
      );
      assert.deepEqual(strays, []);
    });

    it(`${folder} stays within its own src`, () => {
      const strays = libraryOf(workspace).flatMap((source) =>
        source.imports
          .filter(isRelative)
          .filter((found) => !isOfPageApi(source, found))
          .map((found) => targetOf(source, found))
          .filter((target) => !target.startsWith(`${folder}/src/`))
          .map((target) => `${source.path} -> ${target}`),
      );
      assert.deepEqual(strays, []);
    });

    it(`${folder} declares what its arrows allow, and all that it imports`, () => {
      const { dependencies = {}, peerDependencies = {}, optionalDependencies = {} } = manifest;
      const { devDependencies = {} } = manifest;
      const installed = Object.keys({ ...dependencies, ...optionalDependencies });
      assert.deepEqual(
        installed.filter((name) => !includes(arrows?.dependencies ?? [], name)),
        [],
      );
      const peers = Object.keys(peerDependencies);
      assert.deepEqual(
        peers.filter((name) => !includes(arrows?.peers ?? [], name)),
        [],
      );
      const bundled = manifest.private === true ? Object.keys(devDependencies) : [];
      const declared = new Set([...installed, ...peers, ...bundled]);
      const needed = libraryOf(workspace)
        .flatMap(({ imports }) => imports.map(({ specifier }) => specifier))
        .filter((specifier) => !/^(\.|#|node:)/.test(specifier))
        .map(packageOf);
      assert.deepEqual(
        [...new Set(needed)].filter((name) => !declared.has(name)),
        [],
      );
    });

    it(`${folder} has no circle of imports, of types neither`, () => {
      assert.equal(circleOf(libraryOf(workspace))?.join('\n-> '), undefined);
    });
  }

  it('the API of the page imports nothing, so that the page has nothing of the server', () => {
    const api = readSources().find(({ path }) => path === PAGE_API);
    assert.deepEqual(api?.imports, []);
  });

  it('core is one stack of floors, and no import leads upwards', () => {
    const library = readSources().filter(({ path }) => path.startsWith('packages/core/src/'));
    const nowhere = library.filter(({ path }) => floorOf(path) < 0).map(({ path }) => path);
    assert.deepEqual(nowhere, [], `a folder of core is one of ${FLOORS.join(', ')}`);
    const upwards = library.flatMap((source) =>
      source.imports
        .filter((found) => isRelative(found) || found.specifier in ALIASES)
        .map((found) => targetOf(source, found))
        .filter((target) => target !== WIRE && floorOf(target) > floorOf(source.path))
        .map((target) => `${source.path} -> ${target}`),
    );
    assert.deepEqual(upwards, []);
  });

  for (const [floor, rooms] of Object.entries(ROOMS)) {
    it(`the rooms of ${floor} are a stack too, and no import leads upwards`, () => {
      const root = `packages/${floor.replace('/', '/src/')}/`;
      const heightOf = (path: string) => {
        const [room = '', file] = path.slice(root.length).split('/');
        return file === undefined ? rooms.length : rooms.indexOf(room);
      };
      const library = readSources().filter(({ path }) => path.startsWith(root));
      const nowhere = library.filter(({ path }) => heightOf(path) < 0).map(({ path }) => path);
      assert.deepEqual(nowhere, [], `a folder of ${floor} is one of ${rooms.join(', ')}`);
      const empty = rooms.filter(
        (room) => !library.some(({ path }) => path.startsWith(root + room)),
      );
      assert.deepEqual(empty, []);
      const upwards = library.flatMap((source) =>
        source.imports
          .filter(isRelative)
          .map((found) => targetOf(source, found))
          .filter((target) => target.startsWith(root) && heightOf(target) > heightOf(source.path))
          .map((target) => `${source.path} -> ${target}`),
      );
      assert.deepEqual(upwards, []);
    });
  }

  for (const [name, floors] of Object.entries(FOLDER_FLOORS)) {
    it(`the folders of ${name} are floors, and no import leads upwards`, () => {
      const root = `packages/${name}/src/`;
      const folderOf = (path: string) => dirname(path.slice(root.length));
      const heightOf = (path: string) => {
        if (BELOW_FOLDERS.includes(path)) return 0;
        let folder = folderOf(path);
        if (folder === '.') return floors.length;
        while (folder !== '.' && !floors.includes(folder)) folder = dirname(folder);
        return floors.indexOf(folder);
      };
      const library = readSources().filter(({ path }) => path.startsWith(root));
      const inFolders = library.filter(({ path }) => folderOf(path) !== '.');
      const nowhere = inFolders.filter(({ path }) => heightOf(path) < 0).map(({ path }) => path);
      assert.deepEqual(nowhere, [], `a folder of ${name} is one of ${floors.join(', ')}`);
      const heights = new Set(inFolders.map(({ path }) => heightOf(path)));
      const empty = floors.filter((_, height) => !heights.has(height));
      assert.deepEqual(empty, []);
      const upwards = inFolders.flatMap((source) =>
        source.imports
          .filter(isRelative)
          .map((found) => targetOf(source, found))
          .filter((target) => heightOf(target) > heightOf(source.path))
          .map((target) => `${source.path} -> ${target}`),
      );
      assert.deepEqual(upwards, []);
    });
  }

  it('the folders of the page are floors, and no import leads upwards', () => {
    const root = 'packages/viewer/src/';
    const folderOf = (path: string) => path.slice(root.length).split('/').slice(0, -1).join('/');
    const heightOf = (path: string) =>
      PAGE_TOP.includes(path.slice(root.length))
        ? PAGE_FLOORS.length
        : PAGE_FLOORS.indexOf(folderOf(path));
    const page = readSources().filter(({ path }) => path.startsWith(root));
    const inFolders = page.filter(({ path }) => folderOf(path) !== '');
    const nowhere = inFolders.filter(({ path }) => heightOf(path) < 0).map(({ path }) => path);
    assert.deepEqual(nowhere, [], `a folder of the page is one of ${PAGE_FLOORS.join(', ')}`);
    const upwards = page.flatMap((source) =>
      source.imports
        .filter(isRelative)
        .map((found) => targetOf(source, found))
        .filter((target) => target.startsWith(root) && !target.endsWith('.css'))
        .filter((target) => heightOf(target) > heightOf(source.path))
        .map((target) => `${source.path} -> ${target}`),
    );
    assert.deepEqual(upwards, []);
  });

  it('examples and tests know packages by their names, not by their files', () => {
    const outside = readSources().filter(({ path }) => !/^packages\/[^/]+\/src\//.test(path));
    const strays = outside
      .filter(({ path }) => !BEHIND_THE_DOOR.includes(path))
      .flatMap((source) =>
        source.imports
          .filter(isRelative)
          .map((found) => targetOf(source, found))
          .filter((target) => /^(packages|examples)\/[^/]+\/(src|dist)\//.test(target))
          .filter((target) => !target.startsWith(`${ownFolder(source)}/src/`))
          .map((target) => `${source.path} -> ${target}`),
      );
    assert.deepEqual(strays, []);
  });

  it('examples and tests declare what they import', () => {
    const { devDependencies: shared = {} } = readManifest('package.json');
    const { dependencies: ofTests = {} } = readManifest('test/package.json');
    const missing: string[] = [];
    for (const { folder, manifest } of workspaces()) {
      const { dependencies, devDependencies, peerDependencies } = manifest;
      const own = { ...dependencies, ...devDependencies, ...peerDependencies };
      for (const { path, imports } of readSources()) {
        if (!path.startsWith(`${folder}/`) || path.startsWith(`${folder}/src/`)) continue;
        for (const { specifier, line } of imports) {
          if (/^(\.|#|node:)/.test(specifier)) continue;
          const name = packageOf(specifier);
          if (name === manifest.name || name in { ...shared, ...ofTests, ...own }) continue;
          missing.push(`${path}:${line} ${name}`);
        }
      }
    }
    assert.deepEqual(missing, []);
  });

  it('the packages of one repository are of one version', () => {
    const versions = new Map(
      workspaces().map(({ manifest }) => [manifest.name, manifest.version] as const),
    );
    const wrong: string[] = [];
    for (const { folder, manifest } of workspaces()) {
      const { dependencies, devDependencies, peerDependencies } = manifest;
      for (const group of [dependencies, devDependencies, peerDependencies]) {
        for (const [name, range] of Object.entries(group ?? {})) {
          const own = versions.get(name);
          if (own !== undefined && own !== range) wrong.push(`${folder}: ${name} ${range}`);
          if (!/^(npm:(@[\w-]+\/)?[\w.-]+@)?[\^~]?\d+\.\d+/.test(range)) {
            wrong.push(`${folder}: ${name} has no version, but ${range}`);
          }
        }
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('published packages are ES modules and CommonJS for Node 20.19 and newer, under Apache-2.0', () => {
    for (const workspace of published) {
      const { folder, manifest } = workspace;
      const { type, license, engines } = manifest;
      assert.deepEqual(
        { type, license, node: engines?.node },
        { type: 'module', license: 'Apache-2.0', node: '>=20.19' },
        folder,
      );
      const paths: string[] = [];
      for (const [subpath, files] of Object.entries(manifest.exports ?? {})) {
        if (typeof files === 'string') continue;
        const name = files.default.slice('./dist/'.length, -'.js'.length);
        const build = (at: string) => ({
          types: `${at}/${name}.d.ts`,
          default: `${at}/${name}.js`,
        });
        assert.deepEqual(files, { require: build('./dist/cjs'), ...build('./dist') }, subpath);
        if (subpath !== '.') paths.push(subpath.slice(2));
      }
      // For TypeScript's node10, which does not read exports.
      assert.deepEqual(Object.keys(manifest.typesVersions?.['*'] ?? {}), paths, folder);
    }
  });

  it('published packages say on their own what they are and how they are used', () => {
    for (const { folder, manifest } of published) {
      assert.ok(manifest.keywords?.includes('openlayer'), folder);
      assert.ok(manifest.description && manifest.homepage, folder);
      const text = readText(`${folder}/README.md`);
      const parts = [`npm i (-D )?${manifest.name}`, '\\n```ts\\n', 'Apache-2.0', 'Node 20.19'];
      for (const part of parts) assert.match(text, new RegExp(part), folder);
    }
  });
});

function ownFolder({ path }: Source): string {
  return path.split('/').slice(0, 2).join('/');
}

/** Files that import each other in a circle, by their types alone as well. */
function circleOf(sources: readonly Source[]): readonly string[] | undefined {
  const graph = new Map(
    sources.map((source) => [
      source.path,
      source.imports.map((found) => targetOf(source, found)).filter((target) => target !== WIRE),
    ]),
  );
  const finished = new Set<string>();
  const search = (path: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (finished.has(path)) return undefined;
    for (const next of graph.get(path) ?? []) {
      const circle = search(next, [...way, path]);
      if (circle !== undefined) return circle;
    }
    finished.add(path);
    return undefined;
  };
  for (const path of graph.keys()) {
    const circle = search(path, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
