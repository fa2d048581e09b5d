/** Requests that are no calls of a model, sent by a traced fetch: it neither reads nor copies their bodies. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { HTTPClient, Mistral } from 'mistral2';
import { ask } from './stage.ts';

const ELSEWHERE = 'https://files.example.com/uploads';
const CHAT = 'https://api.openai.com/v1/chat/completions';
const PREDICTION = 'https://api.replicate.com/v1/predictions';
const respond: typeof fetch = async () => Response.json({ id: 'f', object: 'file' });

/** A request whose body ends only when `end` is called. */
function uploadTo(url: string, type: string) {
  let end = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{'));
      end = () => controller.close();
    },
  });
  const headers = { 'content-type': type };
  const init = { method: 'POST', body, headers, duplex: 'half' };
  return { request: new Request(url, init as RequestInit), end: () => end() };
}

/** The number of requests that are copied while `act` runs. */
async function copiesMadeBy(act: () => Promise<unknown>): Promise<number> {
  const { prototype } = Request as { prototype: { clone(): Request } };
  const { clone } = prototype;
  let copies = 0;
  prototype.clone = function counted() {
    copies++;
    return clone.call(this);
  };
  try {
    await act();
  } finally {
    prototype.clone = clone;
  }
  return copies;
}

describe('a traced fetch', () => {
  for (const type of ['multipart/form-data; boundary=b', 'application/json']) {
    it(`sends a Request elsewhere before its body has ended: ${type}`, async () => {
      using _traces = captureTraces();
      const { request, end } = uploadTo(ELSEWHERE, type);
      const copies = await copiesMadeBy(() => tracedFetch({ fetch: respond })(request));
      assert.equal(copies, 0);
      end();
    });

    it(`copies a Request to a model, to read its fields: ${type}`, async () => {
      using _traces = captureTraces();
      const { request, end } = uploadTo(CHAT, type);
      end();
      const copies = await copiesMadeBy(() => tracedFetch({ fetch: respond })(request));
      assert.equal(copies, 1);
    });
  }

  it('does not parse the long body of a request elsewhere, and that of a call once', () => {
    const program = fileURLToPath(new URL('parsed-bodies.mjs', import.meta.url));
    const urls = [ELSEWHERE, CHAT, PREDICTION];
    const printed = execFileSync(process.execPath, [program, ...urls], { encoding: 'utf8' });
    assert.deepEqual(JSON.parse(printed), { 'a string': [0, 1, 1], bytes: [0, 1, 1] });
  });
});

describe('a traced client of Mistral', () => {
  it('does not copy an upload, and copies what it asks a model', async () => {
    using _traces = captureTraces();
    const httpClient = new HTTPClient({ fetcher: respond as never });
    const mistral = traceMistral(new Mistral({ apiKey: 'k', httpClient }));
    const file = { fileName: 'a.jsonl', content: new Blob(['{}']) };
    const upload = () => mistral.files.upload({ file }).catch(() => {});
    const chat = () => mistral.chat.complete({ ...ask(), model: 'm' }).catch(() => {});
    const more = (await copiesMadeBy(chat)) - (await copiesMadeBy(upload));
    assert.equal(more, 1);
  });
});
