/**
 * `npm run bench`: what tracing costs, on Node 20 and 24 side by side. `-- --rounds 5` makes it shorter.
 * `npm run bench -- local`: how fast the local server stores and reads, see `test/bench/local/main.ts`.
 * `npm run bench -- viewer`: how fast its page is, in Chromium, see `test/bench/viewer/main.ts`.
 */

import { spawnSync } from 'node:child_process';
import { npm, prepare, root } from './prepare.mjs';
import { programOf } from './runtimes.mjs';

const MAJORS = [20, 24];

prepare();
const [subject, ...options] = process.argv.slice(2);
if (subject === 'viewer') {
  run(['--import', 'tsx'], 'viewer/main.ts', options);
} else {
  npm(['exec', '--', 'tsc', '-p', 'test/bench'], { quiet: true });
  if (subject === 'local') run([], 'dist/local/main.js', options);
  else run(['--expose-gc'], 'dist/main.js', [...binaries(), ...process.argv.slice(2)]);
}

function binaries() {
  return MAJORS.map((major) => `${major}=${programOf(`Node ${major}`)}`);
}

function run(flags, script, args) {
  const main = `${root}test/bench/${script}`;
  const result = spawnSync(process.execPath, [...flags, main, ...args], { stdio: 'inherit' });
  process.exitCode = result.status ?? 1;
}
