/** Nothing that a trace holds runs, loads anything, or breaks the page; and nobody else reads it. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ATTACKS, hostileRow } from './corpus.ts';
import { useViewer, type Viewer } from './support.ts';

describe('a hostile trace', function () {
  this.timeout(240_000);
  const started = useViewer();
  let viewer: Viewer;

  before(async () => {
    viewer = started();
    await viewer.send(...ATTACKS.map(hostileRow));
  });

  it('shows no dialog, sends nothing to others and breaks no policy, on any page', async () => {
    const { page, complaints } = await viewer.open(
      '/requests?columns=name&columns=user&columns=models&columns=preview&columns=inferenceId',
    );
    await page
      .locator('[role="row"][aria-selected]')
      .nth(ATTACKS.length - 1)
      .waitFor();
    for (let number = 1; number <= ATTACKS.length; number++) {
      for (const search of [
        '?step=1',
        '?step=1&mode=markdown',
        '?step=2',
        '?view=raw',
        '?step=1&view=metadata',
      ]) {
        await page.goto(`${viewer.origin}/traces/${number}${search}`);
        await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
        await page.getByRole('tabpanel').locator('article, [role="treegrid"]').first().waitFor();
      }
    }
    for (const path of [
      '/sessions',
      '/users',
      '/overview',
      '/health',
      '/compare?a=1&b=2',
      '/compare?a=3',
    ]) {
      await page.goto(`${viewer.origin}${path}`);
      await page.locator('main h1').first().waitFor();
    }
    assert.deepEqual(complaints, []);
  });

  it('has its invisible characters shown, and as they are on request', async () => {
    const number = ATTACKS.findIndex((attack) => attack.includes('\u202e')) + 1;
    const { page } = await viewer.open(`/traces/${number}?step=1`);
    await page.getByRole('tabpanel').getByTitle('U+202E right-to-left override').first().waitFor();
    await page.getByRole('tabpanel').getByTitle('U+200B zero width space').first().waitFor();
    await page.getByRole('button', { name: 'Times and theme' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Show invisible characters' }).click();
    await page.getByTitle('U+202E right-to-left override').first().waitFor({ state: 'detached' });
  });

  it('is read by no page of another origin', async () => {
    const other = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>other</title>');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    try {
      const { page } = await viewer.open('/requests');
      const { port } = other.address() as AddressInfo;
      await page.goto(`http://127.0.0.1:${port}/`);
      const token = new URL(viewer.server.viewerUrl).hash.replace('#token=', '');
      for (const headers of ['{}', JSON.stringify({ authorization: `Bearer ${token}` })]) {
        for (const mode of ['cors', 'no-cors']) {
          const read = await page.evaluate<string>(
            `fetch('${viewer.origin}/api/traces', { mode: '${mode}', headers: ${headers} }).then((response) => response.text(), () => '')`,
          );
          assert.equal(read, '');
        }
      }
      const shown = await page.evaluate<boolean>(
        `new Promise((resolve) => { const frame = document.createElement('iframe'); frame.src = '${viewer.origin}/requests'; frame.onload = () => { try { resolve(frame.contentDocument !== null); } catch { resolve(false); } }; document.body.append(frame); setTimeout(() => resolve(false), 3000); })`,
      );
      assert.equal(shown, false);
    } finally {
      other.close();
    }
  });
});
