/** The list before the first request. */

import assert from 'node:assert/strict';
import { startLocalServer } from '@openlayer-tracing/local';
import { useViewer } from './support.ts';

describe('the list without requests', function () {
  this.timeout(120_000);
  const viewer = useViewer();

  it('has the variables that send requests here, as the command prints them', async () => {
    const { page } = await viewer().open('/requests');
    const lines = await page.locator('main pre').textContent();
    assert.deepEqual(lines?.split('\n'), [
      `export OPENLAYER_BASE_URL=${viewer().server.url}`,
      'export OPENLAYER_API_KEY=local-key',
      'export OPENLAYER_INFERENCE_PIPELINE_ID=local',
    ]);
  });

  it('has no key that the server would refuse', async () => {
    await using server = await startLocalServer({ apiKey: 'secret' });
    const { page } = await viewer().open('/requests');
    await page.goto(server.viewerUrl);
    const lines = (await page.locator('main pre').textContent()) ?? '';
    assert.match(lines, /OPENLAYER_API_KEY='<the API key of this server>'/);
    assert.doesNotMatch(lines, /secret|local-key/);
  });
});
