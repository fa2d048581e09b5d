import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import { call, pageTokenOf } from './client.js';

interface Presigned {
  readonly url: string;
  readonly storageUri: string;
  readonly fields: Readonly<Record<string, string>>;
}

async function presign(server: LocalServer, objectName: string): Promise<Presigned> {
  const path = `/storage/presigned-url?${new URLSearchParams({ objectName })}`;
  const answer = await call(server, 'POST', path);
  assert.equal(answer.status, 200);
  return answer.body as unknown as Presigned;
}

/** As the SDKs upload: all fields first, then the file. */
function formOf({ fields }: Presigned, content: string, type: string): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([content], { type }), 'attachments/a.html');
  return form;
}

/** As the page reads an attachment whose `storageUri` a step has. */
function read(server: LocalServer, storageUri: string, token = pageTokenOf(server)) {
  const id = storageUri.split('/')[3];
  const url = `http://localhost:${server.port}/api/attachments/${id}`;
  return fetch(url, { headers: { authorization: `Bearer ${token}` } });
}

const PAGE = '<script>alert(1)</script>';

describe('the upload of an attachment', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'openlayer-local-uploads-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const where of ['memory', 'a file'] as const) {
    it(`is taken as a form and as PUT, without a key, and kept in ${where}`, async () => {
      const file = where === 'memory' ? ':memory:' : join(folder, 'traces.db');
      await using server = await startLocalServer({ file, apiKey: 'key' });
      const first = await presign(server, 'attachments/5eb63bbbe01eeed093cb22bb8f5acdc3.html');
      assert.match(
        first.storageUri,
        /^openlayer-local:\/\/attachments\/[0-9a-f]{32}\/attachments%2F5eb/,
      );
      const posted = await fetch(first.url, {
        method: 'POST',
        body: formOf(first, PAGE, 'text/html'),
      });
      assert.equal(posted.status, 204);

      const second = await presign(server, 'attachments/b c.bin');
      const body = new Uint8Array([0, 255, 1]);
      const put = await fetch(second.url, {
        method: 'PUT',
        headers: { 'content-type': 'image/png', 'x-ms-blob-type': 'BlockBlob' },
        body,
      });
      assert.equal(put.status, 200);

      const html = await read(server, first.storageUri);
      assert.deepEqual([html.status, await html.text()], [200, PAGE]);
      const bytes = await read(server, second.storageUri);
      assert.deepEqual(new Uint8Array(await bytes.arrayBuffer()), body);
      assert.deepEqual(server.problems, []);
    });
  }

  it("is returned as a download, and for the page's token alone", async () => {
    await using server = await startLocalServer();
    const presigned = await presign(server, 'attachments/a.html');
    await fetch(presigned.url, { method: 'POST', body: formOf(presigned, PAGE, 'text/html') });
    const { headers } = await read(server, presigned.storageUri);
    assert.equal(headers.get('content-type'), 'application/octet-stream');
    assert.equal(headers.get('content-disposition'), 'attachment');
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*sandbox/);
    assert.equal((await read(server, presigned.storageUri, 'key')).status, 401);
    assert.notEqual((await fetch(presigned.url)).status, 200);
    assert.equal(
      (await read(server, `openlayer-local://attachments/${'0'.repeat(32)}/x`)).status,
      404,
    );
  });

  it('outlives the server, in files that their owner alone can read', async () => {
    const file = join(folder, 'kept.db');
    let presigned: Presigned;
    {
      await using server = await startLocalServer({ file });
      presigned = await presign(server, 'attachments/a.txt');
      await fetch(presigned.url, { method: 'PUT', body: 'kept' });
    }
    const uploads = `${file}-attachments`;
    const [name = ''] = readdirSync(uploads);
    assert.equal(readdirSync(uploads).length, 1);
    assert.equal(statSync(uploads).mode & 0o077, 0);
    assert.equal(statSync(join(uploads, name)).mode & 0o077, 0);
    await using server = await startLocalServer({ file });
    assert.equal(await (await read(server, presigned.storageUri)).text(), 'kept');
  });

  it('is refused without its token, without a file, and beyond the limit for bodies', async () => {
    await using server = await startLocalServer({ maxBodyBytes: 1000 });
    const { url } = await presign(server, 'attachments/a.bin');
    const put = async (to: string, body: string) =>
      (await fetch(to, { method: 'PUT', body })).status;
    assert.equal(await put(`${url}x`, 'a'), 403);
    assert.equal(await put(url.replace(/token=.*/, ''), 'a'), 403);
    assert.equal(await put(url.replace(/token=.*/, `token=${pageTokenOf(server)}`), 'a'), 403);
    assert.equal(await put(url, 'a'.repeat(1001)), 413);
    const form = new FormData();
    form.append('key', 'no file');
    for (const body of [form, 'file']) {
      assert.equal((await fetch(url, { method: 'POST', body })).status, 400);
    }
    assert.equal(await put(url, 'a'.repeat(1000)), 200);
    for (const path of ['', `?objectName=${'a'.repeat(1025)}`]) {
      assert.equal((await call(server, 'POST', `/storage/presigned-url${path}`)).status, 400);
    }
    const { hostname, port, pathname, search } = new URL(url);
    const elsewhere = await fetch(`http://${hostname}:${port}${pathname}${search}`, {
      method: 'PUT',
      headers: { origin: 'http://evil.com' },
      body: 'a',
    });
    assert.equal(elsewhere.status, 403);
  });

  it('is refused a second time, and the file stays', async () => {
    await using server = await startLocalServer();
    const { url, storageUri } = await presign(server, 'attachments/a.txt');
    const put = async (body: string) => (await fetch(url, { method: 'PUT', body })).status;
    assert.deepEqual((await Promise.all([put('same'), put('same')])).sort(), [200, 403]);
    assert.equal(await put('other'), 403);
    assert.equal(await (await read(server, storageUri)).text(), 'same');
  });

  it('gets its address for the API key alone', async () => {
    await using server = await startLocalServer({ apiKey: 'key' });
    for (const authorization of ['Bearer other', `Bearer ${pageTokenOf(server)}`]) {
      const path = '/storage/presigned-url?objectName=a';
      assert.equal((await call(server, 'POST', path, undefined, { authorization })).status, 401);
    }
  });

  for (const place of ['memory', 'a folder']) {
    it(`is deleted after the time that traces are kept, in ${place}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'openlayer-uploads-'));
      try {
        await using server = await startLocalServer({
          maxAgeMs: 1000,
          ...(place === 'a folder' && { file: join(folder, 'traces.db') }),
        });
        const { url, storageUri } = await presign(server, 'attachments/old');
        assert.equal((await fetch(url, { method: 'PUT', body: 'old' })).status, 200);
        assert.equal((await read(server, storageUri)).status, 200);
        for (let tries = 0; (await read(server, storageUri)).status === 200; tries += 1) {
          assert.ok(tries < 100, 'it is still there');
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  it('deletes the oldest files beyond the limit', async () => {
    await using server = await startLocalServer();
    const part = 'x'.repeat(16 * 1024 * 1024);
    const uris: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      const { url, storageUri } = await presign(server, `attachments/${n}`);
      assert.equal((await fetch(url, { method: 'PUT', body: part })).status, 200);
      uris.push(storageUri);
    }
    const statuses: number[] = [];
    for (const uri of uris) {
      const response = await read(server, uri);
      statuses.push(response.status);
      await response.arrayBuffer();
    }
    assert.deepEqual(statuses, [404, 200, 200, 200, 200]);
  });
});
