/**
 * Finds the folder of the built page. This file is CommonJS in both builds: ES modules and CommonJS have no common way to say
 * where a file is.
 */

import fs = require('node:fs');
import path = require('node:path');

/** Candidates for the folder: one for the build in `dist`, one for the build in `dist/cjs`. */
const FOLDERS = ['../ui', '../../ui'].map((folder) => path.join(__dirname, folder));

/** The folder of the page; undefined while it is not built. */
function pageFolder(): string | undefined {
  return FOLDERS.find((each) => fs.existsSync(path.join(each, 'index.html')));
}

export = { pageFolder };
