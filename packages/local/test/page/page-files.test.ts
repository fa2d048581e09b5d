import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import { rawRequest } from '../client.js';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
/** Below the repository's node_modules, so that a copy of the package finds what it depends on. */
const COPIES = join(PACKAGE, '../../.cache');

const INDEX = '<!doctype html><title>Traces</title>';
const SCRIPT = `console.log(${JSON.stringify('x'.repeat(2000))})`;
const UI = {
  'index.html': INDEX,
  'favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  'assets/main-abc123.js': SCRIPT,
  'assets/main-abc123.js.br': brotliCompressSync(SCRIPT),
  'assets/main-abc123.js.gz': gzipSync(SCRIPT),
  'assets/main-abc123.js.map': '{}',
};

/** Starts a server of a copy of the package whose page is these files. */
async function serverWith(
  ui: Readonly<Record<string, string | Buffer>>,
  build: 'import' | 'require',
) {
  mkdirSync(COPIES, { recursive: true });
  const folder = mkdtempSync(join(COPIES, 'local-page-'));
  for (const name of ['package.json', 'schemas', 'dist']) {
    const isPage = (source: string) => source === join(PACKAGE, 'dist/ui');
    cpSync(join(PACKAGE, name), join(folder, name), { recursive: true, filter: (s) => !isPage(s) });
  }
  const write = (files: Readonly<Record<string, string | Buffer>>) => {
    for (const [name, content] of Object.entries(files)) {
      const file = join(folder, 'dist/ui', name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  };
  write(ui);
  const { startLocalServer }: typeof import('@openlayer-tracing/local') =
    build === 'import'
      ? await import(join(folder, 'dist/index.js'))
      : createRequire(import.meta.url)(join(folder, 'dist/cjs/index.js'));
  const server = await startLocalServer();
  return {
    server,
    write,
    async [Symbol.asyncDispose]() {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

const get = (server: LocalServer, path: string, ...headers: string[]) =>
  rawRequest(server, `GET ${path}`, [`Host: localhost:${server.port}`, ...headers]);

const HTML = 'Accept: text/html,application/xhtml+xml,*/*;q=0.8';

describe('the page', () => {
  for (const build of ['import', 'require'] as const) {
    it(`is served at every address of its own, to a browser (${build})`, async () => {
      await using started = await serverWith(UI, build);
      const { server } = started;
      for (const path of [
        '/',
        '/index.html',
        '/traces/17?step=3',
        '/sessions/a%2Fb',
        '/x.js',
        '//x',
        '/v2',
      ]) {
        const { status, head, body } = await get(server, path, HTML);
        assert.deepEqual([status, body], [200, INDEX], path);
        assert.match(head, /^content-type: text\/html; charset=utf-8$/im);
        assert.match(head, /^cache-control: no-cache$/im);
      }
      assert.equal((await get(server, '/')).body, INDEX);
      for (const path of ['/v1', '/v1/']) {
        const { status, head } = await get(server, path, HTML);
        assert.deepEqual([status, /^location: (.*)$/im.exec(head)?.[1]], [302, '/'], path);
      }
      assert.deepEqual(server.problems, []);
    });
  }

  it('may run its own scripts alone, send no referrer, and be in no frame', async () => {
    await using started = await serverWith(UI, 'require');
    for (const path of ['/', '/favicon.svg', '/assets/main-abc123.js']) {
      const { head } = await get(started.server, path);
      const headers = head.toLowerCase().split('\r\n');
      const policy = headers.find((line) => line.startsWith('content-security-policy: ')) ?? '';
      assert.deepEqual(policy.replace('content-security-policy: ', '').split('; ').sort(), [
        "base-uri 'none'",
        "connect-src 'self'",
        "default-src 'none'",
        "font-src 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "img-src 'self' blob:",
        'media-src blob:',
        "require-trusted-types-for 'script'",
        "script-src 'self'",
        "style-src 'self'",
        "trusted-types 'none'",
      ]);
      for (const line of [
        'x-content-type-options: nosniff',
        'referrer-policy: no-referrer',
        'cross-origin-opener-policy: same-origin',
        'cross-origin-resource-policy: same-origin',
      ]) {
        assert.ok(headers.includes(line), `${path}: ${line}`);
      }
    }
  });

  it('is sent in the encoding that the browser accepts, and its hashed files may be cached for ever', async () => {
    await using started = await serverWith(UI, 'require');
    const url = `http://localhost:${started.server.port}/assets/main-abc123.js`;
    const { get: httpGet } = await import('node:http');
    const fetched = (encoding: string) =>
      new Promise<[encoding: string | undefined, body: Buffer]>((resolve, reject) => {
        httpGet(url, { headers: { 'accept-encoding': encoding } }, (response) => {
          const chunks: Buffer[] = [];
          assert.equal(response.headers['cache-control'], 'public, max-age=31536000, immutable');
          assert.equal(response.headers['content-type'], 'text/javascript; charset=utf-8');
          assert.equal(response.headers.vary, 'accept-encoding');
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve([response.headers['content-encoding'], Buffer.concat(chunks)]),
          );
        }).on('error', reject);
      });
    for (const [accepted, encoding, decode] of [
      ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
      ['gzip, br;q=0', 'gzip', gunzipSync],
      ['GZIP;q=0.5', 'gzip', gunzipSync],
      ['br;q=0.0, gzip;q=0', undefined, (body: Buffer) => body],
      ['zstd, brotli', undefined, (body: Buffer) => body],
      ['', undefined, (body: Buffer) => body],
    ] as const) {
      const [sent, body] = await fetched(accepted);
      assert.equal(sent, encoding, accepted);
      assert.equal(decode(body).toString(), SCRIPT, accepted);
    }
  });

  it('serves no other file, whatever the path is', async () => {
    await using started = await serverWith(UI, 'require');
    for (const path of [
      '/none.js',
      '/assets/',
      '/assets/main-abc123.js.br',
      '/assets/main-abc123.js.map',
      '/../package.json',
      '/%2e%2e/package.json',
      '/assets/..%2f..%2fpackage.json',
      '/assets/..\\..\\package.json',
      '/__proto__',
      '/package.json',
    ]) {
      const { status, body } = await get(started.server, path);
      assert.deepEqual([status, body], [404, '{"error":"no such file"}'], path);
    }
    assert.deepEqual(started.server.problems, []);
  });

  it('is in the build, plain and compressed', async () => {
    await using server = await startLocalServer();
    const { status, body } = await get(server, '/', HTML);
    assert.equal(status, 200, 'build the packages first');
    const files = [...body.matchAll(/(?:src|href)="(?:\.?\/)?(assets\/[^"]+)"/g)].map(
      ([, name]) => name,
    );
    assert.ok(files.some((name) => name?.endsWith('.js')));
    for (const name of files) {
      const { head } = await get(server, `/${name}`, 'Accept-Encoding: br');
      assert.match(head, /^HTTP\/1.1 200 /, name);
      if (!name?.endsWith('.svg')) assert.match(head, /^content-encoding: br$/im, name);
    }
    // Nothing inline, which the policy would not let run.
    assert.doesNotMatch(body, /<script(?![^>]*\bsrc=)|<style|\son\w+=|style=/);
  });

  it('responds to HEAD without a body', async () => {
    await using started = await serverWith(UI, 'require');
    const { status, head, body } = await rawRequest(started.server, 'HEAD /', [
      `Host: localhost:${started.server.port}`,
    ]);
    assert.deepEqual([status, body], [200, '']);
    assert.match(head, new RegExp(`^content-length: ${INDEX.length}$`, 'im'));
  });

  it('says how to build it if it is not built, and is served once it is', async () => {
    await using started = await serverWith({}, 'require');
    const { server } = started;
    for (const path of ['/', '/traces/1']) {
      const { status, head, body } = await get(server, path, HTML);
      assert.equal(status, 503);
      assert.match(head, /^content-type: text\/plain; charset=utf-8$/im);
      assert.match(body, /not built.*npm run build.*openlayer-local list/s);
    }
    started.write(UI);
    assert.equal((await get(server, '/', HTML)).body, INDEX);
  });
});
