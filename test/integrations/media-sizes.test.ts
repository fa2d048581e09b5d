/** Media are named with the bytes that they are, in whichever form their base64 comes. */

import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { rowsOf } from './stage.ts';

type Form = (bytes: Buffer) => string;
const FORMS: Readonly<Record<string, Form>> = {
  padded: (bytes) => bytes.toString('base64'),
  'not padded': (bytes) => bytes.toString('base64').replace(/=+$/, ''),
  'of the alphabet of URLs': (bytes) => bytes.toString('base64url'),
  'of the alphabet of URLs, padded': (bytes) =>
    bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
  'in lines': (bytes) => bytes.toString('base64').replace(/.{76}/g, '$&\r\n'),
  'with a line behind it': (bytes) => `${bytes.toString('base64')}\n`,
  'a data URL': (bytes) => `data:image/png;base64,${bytes.toString('base64')}`,
};
const JSON_HEAD = { headers: { 'content-type': 'application/json' } };
const SSE_HEAD = { headers: { 'content-type': 'text/event-stream' } };

/** Asks a provider that answers so, and returns what the step shows. */
async function stepOf(url: string, body: object, answer: string, head: object): Promise<string> {
  using captured = captureTraces();
  const send = tracedFetch({ fetch: async () => new Response(answer, head) });
  const response = await send(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  await response.text();
  return JSON.stringify(await rowsOf(captured, 1));
}

const GOOGLE = 'https://generativelanguage.googleapis.com/v1beta';
const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`;

/** Where base64 stands. */
const PLACES: Readonly<Record<string, (data: string) => Promise<string>>> = {
  'a picture of OpenAI': (data) =>
    stepOf(
      'https://api.openai.com/v1/images/generations',
      { model: 'm', prompt: 'a cat' },
      JSON.stringify({ data: [{ b64_json: data }] }),
      JSON_HEAD,
    ),
  'a part of Gemini': (data) =>
    stepOf(
      `${GOOGLE}/models/m:generateContent`,
      { contents: [{ parts: [{ text: 'a cat' }] }] },
      JSON.stringify({
        candidates: [{ content: { parts: [{ inlineData: { mimeType: 'image/png', data } }] } }],
      }),
      JSON_HEAD,
    ),
  'a turn of Gemini, streamed': (data) =>
    stepOf(
      `${GOOGLE}/interactions`,
      { model: 'm', input: 'a cat', stream: true },
      [
        event({ event_type: 'step.start', index: 0, step: { type: 'model_output' } }),
        event({ event_type: 'step.delta', index: 0, delta: { type: 'image', data } }),
        event({ event_type: 'step.stop', index: 0 }),
      ].join(''),
      SSE_HEAD,
    ),
  'speech of Mistral': (data) =>
    stepOf(
      'https://api.mistral.ai/v1/audio/speech',
      { model: 'm', input: 'hi' },
      JSON.stringify({ audio_data: data }),
      JSON_HEAD,
    ),
  'speech of OpenAI, streamed': (data) =>
    stepOf(
      'https://api.openai.com/v1/audio/speech',
      { model: 'm', input: 'hi', stream_format: 'sse' },
      event({ type: 'speech.audio.delta', audio: data }) + event({ type: 'speech.audio.done' }),
      SSE_HEAD,
    ),
  'a recording for the AI SDK': async (audio) => {
    using captured = captureTraces();
    const model = {
      specificationVersion: 'v3',
      provider: 'p',
      modelId: 'm',
      doGenerate: async (_given: object) => ({ text: 'hi', segments: [], warnings: [] }),
    };
    await traceModel(model).doGenerate({ audio, mediaType: 'audio/wav' });
    return JSON.stringify(await rowsOf(captured, 1));
  },
};

describe('the size of media', () => {
  for (const [place, ask] of Object.entries(PLACES)) {
    it(`is the number of its bytes: ${place}`, async () => {
      for (const size of [1, 2, 3, 601, 602, 603, 900_001]) {
        const bytes = randomFillSync(Buffer.alloc(size));
        for (const [form, text] of Object.entries(FORMS)) {
          // Of what is too long to be kept, its lines are not counted.
          if (size > 100_000 && /line/.test(form)) continue;
          const shown = await ask(text(bytes));
          assert.match(shown, new RegExp(`, ${size} bytes\\]`), `${size}, ${form}`);
        }
      }
    });
  }
});
