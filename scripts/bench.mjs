/** `npm run bench`: what tracing costs, on Node 20 and 24 side by side. `-- --rounds 5` makes it shorter. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { npm, prepare, root } from './prepare.mjs';

const MAJORS = [20, 24];
const cache = `${root}.cache/node-versions`;

prepare();
for (const major of MAJORS) {
  if (existsSync(binaryOf(major))) continue;
  console.log(`Fetching Node ${major} ...`);
  npm(['install', '--prefix', cache, '--no-audit', '--no-fund', `node${major}@npm:node@${major}`], {
    quiet: true,
  });
}
npm(['exec', '--', 'tsc', '-p', 'test/bench'], { quiet: true });
const binaries = MAJORS.map((major) => `${major}=${binaryOf(major)}`);
const main = `${root}test/bench/dist/main.js`;
const result = spawnSync(
  process.execPath,
  ['--expose-gc', main, ...binaries, ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
process.exitCode = result.status ?? 1;

function binaryOf(major) {
  return `${cache}/node_modules/node${major}/bin/node${process.platform === 'win32' ? '.exe' : ''}`;
}
