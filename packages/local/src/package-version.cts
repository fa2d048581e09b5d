/**
 * The version of this package. This file is CommonJS in both builds: ES modules and CommonJS have no common way to say where a
 * file is.
 */

import fs = require('node:fs');
import path = require('node:path');

/** Candidates for the file: one for the build in `dist`, one for the build in `dist/cjs`. */
const FILES = ['../package.json', '../../package.json'].map((file) => path.join(__dirname, file));

function packageVersion(): string {
  const file = FILES.find((each) => fs.existsSync(each));
  if (file === undefined) throw new Error(`none of ${FILES.join(', ')} is there`);
  const { version } = JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string };
  return version;
}

export = { packageVersion };
