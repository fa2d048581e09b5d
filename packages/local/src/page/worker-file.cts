/**
 * Where the code of the reading thread is. This file is CommonJS in both builds: ES modules and
 * CommonJS have no common way to say where a file is.
 */

import path = require('node:path');

/** The file is beside this one, in the same build. */
const workerFile = path.join(__dirname, 'read-worker.js');

export = { workerFile };
