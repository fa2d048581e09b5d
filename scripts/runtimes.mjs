/** The runtimes of tests and benchmarks, besides the Node that started them. Their versions stand here alone. */

import { existsSync } from 'node:fs';
import { npm, root } from './prepare.mjs';

const EXE = process.platform === 'win32' ? '.exe' : '';

/** By name: the package of npm that brings the runtime, and where its program is in it. */
const RUNTIMES = {
  'Node 20': { source: 'node', version: '20.20.2', program: `bin/node${EXE}` },
  'Node 22': { source: 'node', version: '22.23.3', program: `bin/node${EXE}` },
  'Node 24': { source: 'node', version: '24.21.0', program: `bin/node${EXE}` },
  'Node 26': { source: 'node', version: '26.10.0', program: `bin/node${EXE}` },
  Bun: { source: 'bun', version: '1.4.5', program: 'bin/bun.exe' },
  Deno: { source: 'deno', version: '2.9.6', program: `deno${EXE}` },
  workerd: {
    source: 'workerd',
    version: '1.20261117.1',
    program: 'bin/workerd',
    compatibilityDate: '2026-11-01',
  },
  // That of wrangler 4.86, the last one which runs on Node 20, with the oldest date that we support.
  'workerd 1.20260426': {
    source: 'workerd',
    version: '1.20260426.1',
    program: 'bin/workerd',
    compatibilityDate: '2022-11-30',
  },
};

/**
 * Fetches a runtime unless it is there, each version into a folder of its own that git does not see.
 * @param {string} name such as `Node 20`
 * @returns {string} the path of its program
 */
export function programOf(name) {
  const { source, version, program } = RUNTIMES[name];
  const folder = `${root}.cache/runtimes/${source}-${version}`;
  const path = `${folder}/node_modules/${source}/${program}`;
  if (!existsSync(path)) {
    console.log(`Fetching ${name} ...`);
    const wanted = `${source}@${version}`;
    npm(['install', '--prefix', folder, '--no-audit', '--no-fund', wanted], { quiet: true });
  }
  return path;
}

/**
 * @param {string} name such as `workerd`
 * @returns {string | undefined} the compatibility date of its Workers; undefined where there are none
 */
export function compatibilityDateOf(name) {
  return RUNTIMES[name].compatibilityDate;
}
