/** What no file does, whatever it is for. */

import assert from 'node:assert/strict';
import { publishedPackages, readText, repositoryFiles } from './repository.ts';
import { readSources, type Source } from './sources.ts';

/** The only files of library code that touch the process: it has one way in, and that can be exchanged. */
const TOUCHES_PROCESS =
  /^packages\/(core\/src\/(platform\/|openlayer-replay\.ts$)|local\/src\/bin\.ts$)/;
/** ... and the only ones that print. */
const PRINTS = /^packages\/(core\/src\/(platform\/|diagnostics\/)|local\/src\/bin\.ts$)/;

const library = () => readSources().filter(({ path }) => /^packages\/[^/]+\/src\//.test(path));

function linesNaming(name: string, sources: readonly Source[]): readonly string[] {
  return sources.flatMap(({ path, names }) =>
    (names.get(name) ?? []).map((line) => `${path}:${line}`),
  );
}

/** Each line of the repository's code that the pattern finds, with where it stands. */
function linesMatching(pattern: RegExp): readonly (readonly [place: string, found: string])[] {
  return repositoryFiles()
    .filter((file) => /\.[cm]?[jt]s$/.test(file))
    .flatMap((file) =>
      readText(file)
        .split('\n')
        .flatMap((text, index) => {
          const found = pattern.exec(text);
          return found === null ? [] : [[`${file}:${index + 1}`, found[1] ?? ''] as const];
        }),
    );
}

describe('the habits of the house', () => {
  it('all packages have one version, which the source names as well', () => {
    const [first] = publishedPackages();
    const version = first?.manifest.version;
    for (const { manifest } of publishedPackages()) assert.equal(manifest.version, version);
    const named = linesMatching(/['"`/](openlayer-tracing-js\/[^'"`\s]+)['"`]/);
    const inLibrary = named.filter(([place]) => place.startsWith('packages/'));
    assert.deepEqual(
      inLibrary.map(([, found]) => found),
      [`openlayer-tracing-js/${version}`],
    );
  });

  it('every TypeScript file belongs to a project, so that the compiler sees it', () => {
    const seen = new Set(readSources().map(({ path }) => path));
    const unseen = repositoryFiles().filter((file) => /\.[cm]?ts$/.test(file) && !seen.has(file));
    assert.deepEqual(unseen, []);
  });

  it('library code reads the environment, and all else of the process, in one place', () => {
    const others = library().filter(({ path }) => !TOUCHES_PROCESS.test(path));
    assert.deepEqual(linesNaming('process', others), []);
    const readers = library().filter(
      ({ path, imports }) =>
        path.startsWith('packages/core/') &&
        imports.some(({ specifier }) => specifier === '#platform'),
    );
    const environment = linesNaming('environment', readers).map((place) => place.split(':')[0]);
    // The second one hands it to other packages, each of which reads it in one file too.
    assert.deepEqual(
      [...new Set(environment)],
      ['packages/core/src/config/config.ts', 'packages/core/src/platform/for-packages.ts'],
    );
    const otel = library().filter(
      ({ path, imports }) =>
        path.startsWith('packages/otel/') &&
        imports.some(({ specifier }) => specifier === '@openlayer-tracing/core/integration'),
    );
    const handed = linesNaming('environment', otel);
    assert.deepEqual(
      [...new Set(handed.map((place) => place.split(':')[0]))],
      ['packages/otel/src/export/options/export-environment.ts'],
    );
  });

  it('library code has its timers from one place, which takes them before a test can replace them', () => {
    const others = library().filter(
      ({ path }) =>
        !/^packages\/(local|viewer)\//.test(path) &&
        !/^packages\/core\/src\/platform\/(timers|node\/turn-end)\.ts$/.test(path),
    );
    for (const name of [
      'setTimeout',
      'setInterval',
      'setImmediate',
      'clearTimeout',
      'clearInterval',
    ]) {
      assert.deepEqual(linesNaming(name, others), [], name);
    }
  });

  it('library code decodes what others encoded by a function that does not throw', () => {
    // The local server catches it, and refuses the request.
    const others = library().filter(
      ({ path }) =>
        !path.startsWith('packages/local/') &&
        path !== 'packages/core/src/values/text/percent-decoded.ts',
    );
    for (const name of ['decodeURIComponent', 'decodeURI']) {
      assert.deepEqual(linesNaming(name, others), [], name);
    }
  });

  it('library code prints nothing on its own', () => {
    assert.deepEqual(
      linesNaming(
        'console',
        library().filter(({ path }) => !PRINTS.test(path)),
      ),
      [],
    );
  });

  it('nothing is typed `any`, but where a reason says why nothing else will do', () => {
    const silenced = /\/\/ biome-ignore lint\/suspicious\/noExplicitAny: /;
    const bare = readSources().flatMap(({ path, text, anys }) => {
      const lines = text.split('\n');
      return anys
        .filter((line) => !silenced.test(lines[line - 2] ?? ''))
        .map((line) => `${path}:${line}`);
    });
    assert.deepEqual(bare, []);
  });

  it('the compiler and the linter are silenced with a reason, or not at all', () => {
    assert.deepEqual(linesMatching(/(?:\/\/|\/\*)\s*@ts-(ignore|nocheck)/), []);
    const silenced = [
      ...linesMatching(/(?:\/\/|\/\*)\s*@ts-expect-error\b(.*)/),
      ...linesMatching(/(?:\/\/|\/\*)\s*biome-ignore\b[^:]*:?(.*)/),
    ];
    const wordless = silenced.filter(([, reason]) => reason.trim().split(/\s+/).length < 2);
    assert.deepEqual(wordless, []);
  });
});

describe('what is committed', () => {
  const PLACES: Readonly<Record<string, RegExp>> = {
    "a folder of one machine's": /(?<![\w.}])\/work(?:\/[.\w]|["'`\s,;)]|$)/,
    'a folder beside the repository': /\.\.\/shared(?:\/|[^.\w]|$)/,
    'a home folder': /(?<![\w.:}])\/(?:home|root|Users)\/[\w.-]/,
    'a package registry': /\bregistry\.[a-z0-9-]+\.[a-z]{2,}\b|\/\/[\w.-]*registry[\w.-]*[:/]/,
  };

  it('names no place that other machines do not have', () => {
    const found: string[] = [];
    for (const file of repositoryFiles()) {
      const text = readText(file);
      if (text.includes('\0')) continue;
      for (const [index, line] of text.split('\n').entries()) {
        for (const [what, pattern] of Object.entries(PLACES)) {
          if (pattern.test(line)) found.push(`${file}:${index + 1} names ${what}`);
        }
      }
    }
    assert.deepEqual(found, []);
  });

  it('has the commands of its packages: npm links those alone that are there when it installs', () => {
    const missing = publishedPackages().flatMap(({ folder, manifest }) =>
      Object.values(manifest.bin ?? {})
        .map((path) => `${folder}/${path.replace('./', '')}`)
        .filter((file) => !repositoryFiles().includes(file)),
    );
    assert.deepEqual(missing, []);
  });

  it('has nobody run a command by a name that is not a package of ours: it would be a stranger’s', () => {
    const ours = /npx (?:-p )?@openlayer-tracing\//;
    const prose = repositoryFiles().filter((file) => file.endsWith('.md'));
    const strangers = prose.flatMap((file) =>
      (readText(file).match(/.*\bnpx\b.*/g) ?? []).filter((line) => !ours.test(line)),
    );
    assert.deepEqual(strangers, []);
  });

  it('has a lockfile that names no host', () => {
    const { packages } = JSON.parse(readText('package-lock.json')) as {
      packages: Record<string, { resolved?: string; link?: boolean; integrity?: string }>;
    };
    const hosted = Object.entries(packages).filter(
      ([, { resolved, link }]) => resolved !== undefined && link !== true,
    );
    assert.deepEqual(hosted, []);
    const unproven = Object.entries(packages).filter(
      ([path, { link, integrity }]) =>
        path.includes('node_modules/') && link !== true && integrity === undefined,
    );
    assert.deepEqual(unproven, []);
  });
});
