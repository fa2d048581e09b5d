/**
 * Run in the folder of packages/local once it is built: copies the page that packages/viewer has built into `dist/ui`, each
 * file also compressed, so that the server does not compress while it serves.
 */

import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const SOURCE = '../viewer/dist';
const TARGET = 'dist/ui';

rmSync(TARGET, { recursive: true, force: true });
if (existsSync(SOURCE)) {
  for (const file of filesOfPage()) {
    cpSync(join(SOURCE, file), join(TARGET, file));
    if (/\.(html|js|css|svg|txt)$/.test(file)) compress(join(TARGET, file));
  }
} else {
  console.log(`${SOURCE} is not there: the server will say that its page is not built`);
}

/** The files of the last build, from Vite's manifest. */
function filesOfPage() {
  const manifest = JSON.parse(readFileSync(join(SOURCE, 'manifest.json'), 'utf8'));
  const parts = Object.values(manifest);
  return new Set([
    'index.html',
    ...parts.flatMap(({ file, css = [], assets = [] }) => [file, ...css, ...assets]),
  ]);
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
