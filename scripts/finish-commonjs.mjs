/**
 * Run in a package's folder once both builds are written: gives the CommonJS build in `dist/cjs` the package.json by
 * which Node and bundlers read it as CommonJS. The one nearest to a file decides, so what a package's own says about all
 * of its files stands there again: `sideEffects`, and `imports` with the files of this build.
 */

import { readFileSync, writeFileSync } from 'node:fs';

const { sideEffects, imports } = JSON.parse(readFileSync('package.json', 'utf8'));
const own = { type: 'commonjs', sideEffects, imports };
const text = JSON.stringify(own, null, 2).replaceAll('"./dist/', '"./');
writeFileSync('dist/cjs/package.json', `${text}\n`);
