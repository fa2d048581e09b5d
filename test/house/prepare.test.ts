/** `npm start` and `npm test` install what is missing, also where an install before them was interrupted. */

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './repository.ts';

const run = promisify(execFile);
const NAMES = ['first', 'second'];

describe('a clone', function () {
  this.timeout(120_000);
  let folder: string;
  let clone: string;
  let server: Server;
  /** Tarballs that are asked for and not sent. */
  let isStuck = false;
  let stuck: Promise<unknown>;

  before(async function () {
    // There, npm is a script, and processes have no groups.
    if (process.platform === 'win32') this.skip();
    folder = await mkdtemp(join(tmpdir(), 'openlayer-clone-'));
    clone = join(folder, 'clone');
    await cp(join(ROOT, 'scripts/prepare.mjs'), join(clone, 'scripts/prepare.mjs'));
    await writeFile(
      join(clone, 'scripts/run.mjs'),
      `import { prepare } from './prepare.mjs';\nprepare();\n`,
    );
    const tarballs = new Map<string, Buffer>();
    for (const name of NAMES) {
      await mkdir(join(folder, name));
      const manifest = JSON.stringify({ name, version: '1.0.0' });
      await writeFile(join(folder, name, 'package.json'), manifest);
      await run('npm', ['pack', '--silent'], { cwd: join(folder, name) });
      tarballs.set(`/${name}.tgz`, await readFile(join(folder, name, `${name}-1.0.0.tgz`)));
    }
    server = createServer((req, res) => {
      if (isStuck && req.url === '/second.tgz') server.emit('stuck');
      else res.end(tarballs.get(req.url ?? ''));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const manifest = {
      name: 'clone',
      private: true,
      scripts: { build: 'node build.cjs' },
      dependencies: Object.fromEntries(
        NAMES.map((name) => [name, `http://127.0.0.1:${port}/${name}.tgz`]),
      ),
    };
    await writeFile(join(clone, 'package.json'), JSON.stringify(manifest));
    // Fails unless all is there.
    const reads = NAMES.map((name) => `require('${name}/package.json');`).join('\n');
    await writeFile(join(clone, 'build.cjs'), reads);
    await run('npm', ['install', '--package-lock-only', ...OPTIONS], { cwd: clone });
  });

  after(async () => {
    server?.closeAllConnections();
    server?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  beforeEach(() => {
    stuck = once(server, 'stuck');
  });

  /** A cache of its own: what was fetched once would not be fetched again. */
  const OPTIONS = ['--no-audit', '--no-fund'];
  const env = () => ({ ...process.env, npm_config_cache: join(folder, `cache-${Math.random()}`) });

  const prepare = () => run(process.execPath, ['scripts/run.mjs'], { cwd: clone, env: env() });

  async function kill(child: ChildProcess): Promise<void> {
    const ended = once(child, 'exit');
    // With the npm that it has started.
    process.kill(-(child.pid as number), 'SIGKILL');
    await ended;
  }

  it('recovers from an install that was killed', async () => {
    isStuck = true;
    const child = spawn(process.execPath, ['scripts/run.mjs'], {
      cwd: clone,
      env: env(),
      detached: true,
      stdio: 'ignore',
    });
    await stuck;
    await kill(child);
    isStuck = false;
    const { stdout } = await prepare();
    assert.match(stdout, /Installing/);
  });

  it('installs nothing where all is there', async () => {
    const { stdout } = await prepare();
    assert.doesNotMatch(stdout, /Installing/);
  });

  it('recovers from an install that was to change what is there, and was killed', async () => {
    await rm(join(clone, 'node_modules/second'), { recursive: true });
    assert.match((await prepare()).stdout, /Installing/);
    await rm(join(clone, 'node_modules/first/package.json'));
    const later = new Date(Date.now() + 60_000);
    await utimes(join(clone, 'node_modules/first'), later, later);
    assert.match((await prepare()).stdout, /Installing/);
    assert.doesNotMatch((await prepare()).stdout, /Installing/);
  });
});
