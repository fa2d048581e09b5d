/**
 * The JSON schemas of the API's bodies. This file is CommonJS in both builds: ES modules and CommonJS have no
 * common way to say where a file is.
 */

import fs = require('node:fs');
import path = require('node:path');

const NAMES = ['step', 'data-stream-request', 'profile-js', 'rows-update-request'];

/** Candidates for the folder: one for the build in `dist`, one for the build in `dist/cjs`. */
const FOLDERS = ['../../schemas', '../../../schemas'].map((folder) => path.join(__dirname, folder));

function readSchemas(): readonly object[] {
  const folder = FOLDERS.find((each) => fs.existsSync(each));
  if (folder === undefined) throw new Error(`none of ${FOLDERS.join(', ')} is there`);
  return NAMES.map((name) => {
    const text = fs.readFileSync(path.join(folder, `${name}.schema.json`), 'utf8');
    return JSON.parse(text) as object;
  });
}

export = { readSchemas };
