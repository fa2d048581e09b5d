/** What the page weighs, as it is sent: gzip, of the built files. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUILT = new URL('../dist/', import.meta.url);
const KB = 1000;
const FIRST_LOAD = 220 * KB;
const LAZY_CHUNK = 45 * KB;

const sizeOf = (file: string) => gzipSync(readFileSync(new URL(file, BUILT)), { level: 9 }).length;

describe('the built page', () => {
  const index = readFileSync(new URL('index.html', BUILT), 'utf8');
  const first = [...index.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(
    ([, file = '']) => file,
  );
  const manifest: Record<string, { readonly file: string }> = JSON.parse(
    readFileSync(new URL('manifest.json', BUILT), 'utf8'),
  );
  const all = Object.values(manifest).map(({ file }) => file);

  it(`is at most ${FIRST_LOAD / KB} KB at its first load`, () => {
    assert.ok(
      first.some((file) => file.endsWith('.js')) && first.some((file) => file.endsWith('.css')),
    );
    const sum = ['index.html', ...first].reduce((total, file) => total + sizeOf(file), 0);
    assert.ok(sum <= FIRST_LOAD, `${sum} bytes`);
  });

  it(`loads at most ${LAZY_CHUNK / KB} KB for anything later`, () => {
    assert.ok(all.length > first.length);
    const large = all.filter((file) => !first.includes(file) && sizeOf(file) > LAZY_CHUNK);
    assert.deepEqual(large, []);
  });

  it('holds no code or style within its HTML, which its policy would refuse', () => {
    assert.doesNotMatch(index, /<style|<script(?![^>]* src=)|style=|\son\w+=|https?:/);
  });
});
