/** Makes a fresh clone runnable: installs what the lockfile names and builds the packages, where that is not done yet. */

import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const OLDEST = [20, 19];

/** Runs a command of npm's in the repository; ends this process where it fails. */
export function npm(args, { quiet = false } = {}) {
  // On Windows npm is a script, which only a shell can run.
  const isWindows = process.platform === 'win32';
  const result = spawnSync(isWindows ? 'npm.cmd' : 'npm', args, {
    cwd: root,
    shell: isWindows,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    encoding: 'utf8',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
  });
  if (result.status === 0) return;
  if (quiet) process.stderr.write(`${result.stdout}${result.stderr}`);
  console.error(`npm ${args.join(' ')} failed`);
  process.exit(result.status ?? 1);
}

/** Installs and builds, unless PREPARED says that this was done. Says what takes long. */
export function prepare() {
  if (process.env.PREPARED === 'true') return;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    console.error(`Node ${OLDEST.join('.')} or newer is needed; this is ${process.version}.`);
    process.exit(1);
  }
  if (!isInstalled()) {
    console.log('Installing ...');
    npm(['ci', '--no-audit', '--no-fund'], { quiet: true });
  }
  console.log('Building ...');
  npm(['run', 'build'], { quiet: true });
}

/**
 * npm keeps a list of what it has installed, which it writes last. It trusts the list while no folder on it is younger:
 * one that is was changed by an install that did not come to its end.
 */
function isInstalled() {
  const list = `${root}node_modules/.package-lock.json`;
  try {
    const listedMs = statSync(list).mtimeMs;
    if (listedMs < statSync(`${root}package-lock.json`).mtimeMs) return false;
    const { packages } = JSON.parse(readFileSync(list, 'utf8'));
    return Object.entries(packages)
      .filter(([path, { link }]) => path.startsWith('node_modules/') && link !== true)
      .every(([path]) => statSync(`${root}${path}`).mtimeMs <= listedMs);
  } catch {
    return false;
  }
}
