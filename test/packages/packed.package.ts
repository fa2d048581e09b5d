/** What is published, as users get it: packed, installed into an empty folder, and run from there. */

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { entryPointsOf, publishedPackages, ROOT } from '../house/repository.ts';

const run = promisify(execFile);
const packages = publishedPackages();
const APPS = fileURLToPath(new URL('packed/', import.meta.url));
const ATTW = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js');
const IS_WINDOWS = process.platform === 'win32';

/** What the apps are made with. */
const FRAMEWORKS = ['express', 'hono'];

async function versionOf(name: string): Promise<string> {
  const manifest = await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/**
 * What publint says of `dist/cjs/package.json`, and Node does not do: the package.json that is nearest to a file decides
 * on its imports. The tests in `test/packages` show that bundlers and test runners do so, too.
 */
function isWrongOfImports(text: string): boolean {
  return text.startsWith('./dist/cjs/package.json has an "imports" field, but it is ignored');
}

interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** Runs npm, which is a script on Windows, that only a shell can run. */
async function npm(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(IS_WINDOWS ? 'npm.cmd' : 'npm', args, { cwd, shell: IS_WINDOWS });
  return stdout;
}

describe('the packed packages', function () {
  this.timeout(120_000);
  let folder: string;
  let app: string;
  let packed: readonly Packed[];
  /** What is wrong with the types of each package. */
  let complaints: ReadonlyMap<string, Promise<string | undefined>>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openlayer-packed-'));
    const chosen = packages.flatMap(({ manifest }) => ['-w', manifest.name]);
    const list = await npm(
      ROOT,
      ...['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...chosen],
    );
    packed = JSON.parse(list) as Packed[];
    // Both take their time, so they take it together.
    complaints = new Map(packed.map(({ name, filename }) => [name, checkTypes(filename)]));
    app = await install();
  });

  after(() => rm(folder, { recursive: true, force: true }));

  /** An app that has all of the tarballs, and frameworks like ours, and nothing of this repository. */
  async function install(): Promise<string> {
    const app = await mkdtemp(join(folder, 'app-'));
    const tarballs = Object.fromEntries(
      packed.map(({ name, filename }) => [name, `file:${join(folder, filename)}`]),
    );
    const versions = FRAMEWORKS.map(async (name) => [name, await versionOf(name)] as const);
    const frameworks = Object.fromEntries(await Promise.all(versions));
    const manifest = {
      name: 'an-app',
      private: true,
      dependencies: { ...tarballs, ...frameworks },
      // The tarballs depend on versions that are not in any registry yet.
      overrides: Object.fromEntries(Object.keys(tarballs).map((name) => [name, `$${name}`])),
    };
    await writeFile(join(app, 'package.json'), JSON.stringify(manifest));
    await npm(app, 'install', '--prefer-offline', '--no-audit', '--no-fund');
    for (const file of await readdir(APPS)) await copyFile(join(APPS, file), join(app, file));
    return app;
  }

  /** Are the types wrong? */
  function checkTypes(filename: string): Promise<string | undefined> {
    const flags = ['--no-definitely-typed', '--no-color', '--no-emoji'];
    return run(process.execPath, [ATTW, join(folder, filename), ...flags]).then(
      () => undefined,
      (error: { stdout: string; stderr: string }) => `${error.stdout}${error.stderr}`,
    );
  }

  const tarballOf = (name: string) => {
    const found = packed.find((each) => each.name === name);
    assert.ok(found, `${name} was not packed`);
    return { ...found, path: join(folder, found.filename) };
  };

  for (const workspace of packages) {
    const { name, bin = {} } = workspace.manifest;

    describe(name, () => {
      it('holds what it promises, and neither sources nor tests nor build notes', () => {
        const files = tarballOf(name).files.map(({ path }) => path);
        const strays = files.filter((path) => !/^(bin|dist|schemas)\/|^[^/]+$/.test(path));
        const unwanted = files.filter((path) =>
          /tsbuildinfo|(^|\/)tests?\/|\.test\.|\.tgz$|\.map$/.test(path),
        );
        assert.deepEqual([...strays, ...unwanted], []);
        for (const path of ['package.json', 'README.md', ...Object.values(bin)]) {
          assert.ok(files.includes(path.replace('./', '')), `${path} is missing`);
        }
      });

      it('passes publint', async () => {
        const { buffer } = await readFile(tarballOf(name).path);
        const { messages, pkg } = await publint({
          pack: { tarball: buffer },
          level: 'warning',
        });
        assert.deepEqual(
          messages
            .map((message) => formatMessage(message, pkg, { color: false }) ?? '')
            .filter((text) => !isWrongOfImports(text)),
          [],
        );
      });

      it('has types that are right, under every resolution', async () => {
        assert.equal(await complaints.get(name), undefined);
      });
    });
  }

  it('are installed once each, and core alone is what the adapter brings', async () => {
    const { packages: installed } = JSON.parse(
      await readFile(join(app, 'node_modules/.package-lock.json'), 'utf8'),
    ) as { packages: Record<string, unknown> };
    const ours = Object.keys(installed).filter((path) => path.includes('@openlayer-tracing/'));
    const names = packages.map(({ manifest }) => `node_modules/${manifest.name}`);
    assert.deepEqual(ours.sort(), names.sort());
  });

  it('open every entry point by import and by require()', async () => {
    const entryPoints = packages.flatMap(entryPointsOf);
    const esm = entryPoints.map((entryPoint) => `await import('${entryPoint}');`).join('\n');
    const cjs = entryPoints.map((entryPoint) => `require('${entryPoint}');`).join('\n');
    for (const [kind, code] of [
      ['module', esm],
      ['commonjs', cjs],
    ] as const) {
      await run(process.execPath, [`--input-type=${kind}`, '--eval', code], { cwd: app });
    }
  });

  describe('in an app', () => {
    let local: ChildProcess;
    let ended: Promise<unknown[]>;
    let printed = '';

    /** Resolves once the local server has printed something that the pattern finds. */
    async function print(pattern: RegExp): Promise<RegExpExecArray> {
      for (;;) {
        const found = pattern.exec(printed);
        if (found !== null) return found;
        assert.equal(local.exitCode, null, `openlayer-local has ended: ${printed}`);
        await Promise.race([once(local.stdout ?? local, 'data'), ended]);
      }
    }

    async function start(file: string): Promise<string> {
      const [, url] = await print(/listens on (\S+\/v1)/);
      const env = {
        ...process.env,
        OPENLAYER_BASE_URL: url,
        OPENLAYER_API_KEY: 'local',
        OPENLAYER_INFERENCE_PIPELINE_ID: 'local',
      };
      const { stdout, stderr } = await run(process.execPath, [file], { cwd: app, env });
      return `${stderr}${stdout}`.trim();
    }

    before(() => {
      const bin = join(app, 'node_modules/@openlayer-tracing/local/bin/openlayer-local.js');
      local = spawn(process.execPath, [bin, '--port', '0', '--memory'], { cwd: app });
      ended = once(local, 'exit');
      local.stdout?.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
      local.stderr?.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
    });

    after(async () => {
      local.kill();
      assert.deepEqual(await ended, [0, null]);
    });

    for (const [kind, file, what] of [
      ['esm', 'app.mjs', 'an ES module'],
      ['cjs', 'app.cjs', 'a CommonJS module'],
      ['hono', 'hono.mjs', 'an app on Hono'],
    ] as const) {
      it(`trace a request of ${what}`, async () => {
        const answer = await start(file);
        assert.equal(answer, `200 from-${kind} {"greeting":"Hello world"}`);
        const [tree] = await print(
          new RegExp(`^[\\d-]+ [\\d:]+ +from-${kind} [\\s\\S]*?└─ greet .*$`, 'm'),
        );
        assert.equal(
          tree.replaceAll(/ +[\d.]+ ms|^[\d-]+ [\d:]+ +/g, ''),
          `from-${kind}  completed  200  user ada
└─ GET /${kind}/:name [user_call]  {"body":null,"query":null,"params":{"name":"world"}}  → {"greeting":"Hello world"}
   └─ greet [user_call]  → "Hello world"`,
        );
        assert.doesNotMatch(printed, /refused/);
      });
    }
  });

  it('are installed by the lines that `npm run pack` prints', async () => {
    const tarballs = join(folder, 'printed');
    const { stdout } = await run(process.execPath, ['scripts/pack.mjs', tarballs], { cwd: ROOT });
    const lines = [...stdout.matchAll(/^ {2}npm i (.+)$/gm)].map(([, names = '']) => names);
    assert.equal(lines.length, packages.length);
    const empty = await mkdtemp(join(folder, 'empty-'));
    await writeFile(join(empty, 'package.json'), '{ "private": true }');
    const options = ['--prefer-offline', '--no-audit', '--no-fund'];
    await npm(empty, 'install', ...options, ...(lines[0] ?? '').split(' '));
    await npm(empty, 'install', ...options, ...(lines[4] ?? '').split(' '));
    const code = `
      require('@openlayer-tracing/integrations/openai');
      console.log(typeof require('@openlayer-tracing/express').openlayerTracing);
    `;
    const printed = await run(process.execPath, ['--eval', code], { cwd: empty });
    assert.equal(printed.stdout, 'function\n');
  });

  it('have a bin that says how it is used', async () => {
    const bin = join(app, 'node_modules/.bin', `openlayer-local${IS_WINDOWS ? '.cmd' : ''}`);
    const { stdout } = await run(bin, ['--help'], { cwd: app, shell: IS_WINDOWS });
    assert.match(stdout, /^openlayer-local: .*\n[\s\S]*--port <n>/);
  });
});
