/** The list before the first request. */

import assert from 'node:assert/strict';
import { startLocalServer } from '@openlayer-tracing/local';
import { ragRequest } from './rows.ts';
import { useViewer } from './support.ts';

describe('the list without requests', function () {
  this.timeout(120_000);
  const viewer = useViewer();

  it('has the variables that send requests here, as the command prints them', async () => {
    const { page } = await viewer().open('/requests');
    const lines = await page.locator('main pre').first().textContent();
    assert.deepEqual(lines?.split('\n'), [
      `export OPENLAYER_BASE_URL=${viewer().server.url}`,
      'export OPENLAYER_API_KEY=local-key',
      'export OPENLAYER_INFERENCE_PIPELINE_ID=local',
    ]);
  });

  it('has the lines for apps with OpenTelemetry, which send a trace when they are set', async () => {
    const { page } = await viewer().open('/requests');
    await page.getByRole('button', { name: 'OpenTelemetry' }).click();
    const lines = (await page.locator('main pre').first().textContent()) ?? '';
    const variables = new Map(
      [...lines.matchAll(/(OTEL_\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
    );
    assert.equal(variables.get('OTEL_EXPORTER_OTLP_PROTOCOL'), 'http/protobuf');
    const [, key = ''] = (variables.get('OTEL_EXPORTER_OTLP_HEADERS') ?? '').split('=');
    const response = await fetch(`${variables.get('OTEL_EXPORTER_OTLP_ENDPOINT')}/v1/traces`, {
      method: 'POST',
      headers: { authorization: decodeURIComponent(key), 'content-type': 'application/json' },
      body: '{"resourceSpans":[]}',
    });
    assert.equal(response.status, 200);
  });

  it('says which calls were refused, and why', async () => {
    const { page } = await viewer().open('/requests');
    await fetch(`${viewer().server.url}/inference-pipelines/dev/data-stream`, {
      method: 'POST',
      headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
      body: '{"rows": 3}',
    });
    await page.getByRole('heading', { name: 'Some calls were refused' }).waitFor();
    await page.getByText(/400 POST .*data-stream/).waitFor();
  });

  it('has no key that the server would refuse', async () => {
    await using server = await startLocalServer({ apiKey: 'secret' });
    const { page } = await viewer().open('/requests');
    await page.goto(server.viewerUrl);
    const lines = (await page.locator('main pre').first().textContent()) ?? '';
    assert.match(lines, /OPENLAYER_API_KEY='<the API key of this server>'/);
    assert.doesNotMatch(lines, /secret|local-key/);
  });

  // The last one: the list is not empty after it.
  it('does not say that nothing has arrived while what has arrived is held back', async () => {
    const { page } = await viewer().open('/requests');
    await page.getByRole('heading', { name: 'No request has arrived yet' }).waitFor();
    await page.keyboard.press('p');
    await page.getByRole('button', { name: /^Paused/ }).waitFor();
    await viewer().send(ragRequest('Held?', 'Yes.'));
    await page.getByRole('heading', { name: 'New requests are held back' }).waitFor();
    assert.equal(await page.getByText('No request has arrived yet').count(), 0);
    await page.getByRole('button', { name: '1 new', exact: true }).click();
    await page.locator('main [role="row"][aria-selected]').filter({ hasText: 'Held?' }).waitFor();
  });
});
