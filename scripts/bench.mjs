/** `npm run bench`: what tracing costs, on Node 20 and 24 side by side. `-- --rounds 5` makes it shorter. */

import { spawnSync } from 'node:child_process';
import { npm, prepare, root } from './prepare.mjs';
import { programOf } from './runtimes.mjs';

const MAJORS = [20, 24];

prepare();
const binaries = MAJORS.map((major) => `${major}=${programOf(`Node ${major}`)}`);
npm(['exec', '--', 'tsc', '-p', 'test/bench'], { quiet: true });
const main = `${root}test/bench/dist/main.js`;
const result = spawnSync(
  process.execPath,
  ['--expose-gc', main, ...binaries, ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
process.exitCode = result.status ?? 1;
