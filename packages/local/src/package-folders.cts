/**
 * Where the files of this package are. This file is CommonJS in both builds: ES modules and CommonJS have no common way to say
 * where a file is.
 */

import path = require('node:path');

/** The folder of the build that this file belongs to: `dist`, or `dist/cjs`. */
const buildFolder = __dirname;

const isCommonJs = path.basename(buildFolder) === 'cjs';
const packageFolder = path.join(buildFolder, isCommonJs ? '../..' : '..');

export = { buildFolder, packageFolder };
