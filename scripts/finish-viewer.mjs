/**
 * Run in the folder of packages/local once it is built: copies the page that packages/viewer has built into `dist/ui`, each
 * file also compressed, so that the server does not compress while it serves.
 */

import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const SOURCE = '../viewer/dist';
const TARGET = 'dist/ui';

rmSync(TARGET, { recursive: true, force: true });
if (existsSync(SOURCE)) {
  cpSync(SOURCE, TARGET, { recursive: true, filter: (file) => !file.endsWith('.map') });
  for (const entry of readdirSync(TARGET, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && /\.(html|js|css|svg|txt)$/.test(entry.name)) {
      compress(join(entry.parentPath, entry.name));
    }
  }
} else {
  console.log(`${SOURCE} is not there: the server will say that its page is not built`);
}

/** @param {string} file */
function compress(file) {
  const bytes = readFileSync(file);
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  for (const [suffix, compressed] of [
    ['.br', brotliCompressSync(bytes, { params })],
    ['.gz', gzipSync(bytes, { level: 9 })],
  ]) {
    if (compressed.length < bytes.length) writeFileSync(file + suffix, compressed);
  }
}
