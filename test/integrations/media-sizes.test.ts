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

describe('the type of media that nobody states', () => {
  const files: Readonly<Record<string, Buffer>> = {
    'image/png': Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
    'image/jpeg': Buffer.from('ffd8ffe000104a46494600010101', 'hex'),
    'image/gif': Buffer.from('GIF89a\x01\x00\x01\x00', 'latin1'),
    'image/webp': Buffer.from('RIFF\x24\x00\x00\x00WEBPVP8 ', 'latin1'),
    'audio/wav': Buffer.from('RIFF\x24\x00\x00\x00WAVEfmt ', 'latin1'),
    'audio/ogg': Buffer.from('OggS\x00\x02\x00\x00', 'latin1'),
    'audio/flac': Buffer.from('fLaC\x00\x00\x00\x22', 'latin1'),
    'audio/mpeg': Buffer.from('ID3\x04\x00\x00\x00\x00', 'latin1'),
    'video/mp4': Buffer.from('\x00\x00\x00\x20ftypisom', 'latin1'),
    'application/pdf': Buffer.from('%PDF-1.7\n', 'latin1'),
  };
  const drawn = (result: string) => ({
    ...{ id: 'r', object: 'response', status: 'completed', model: 'm' },
    output: [{ id: 'ig', type: 'image_generation_call', status: 'completed', result }],
  });
  const UNTYPED: Readonly<Record<string, (file: Buffer) => Promise<string>>> = {
    'a picture of OpenAI': (file) =>
      stepOf(
        'https://api.openai.com/v1/images/generations',
        { model: 'm', prompt: 'a cat' },
        JSON.stringify({ data: [{ b64_json: file.toString('base64') }] }),
        JSON_HEAD,
      ),
    "the result of OpenAI's own tool": (file) =>
      stepOf(
        'https://api.openai.com/v1/responses',
        { model: 'm', input: 'a cat' },
        JSON.stringify(drawn(file.toString('base64'))),
        JSON_HEAD,
      ),
    'a picture on Bedrock': (file) =>
      stepOf(
        'https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-canvas-v1:0/invoke',
        { taskType: 'TEXT_IMAGE' },
        JSON.stringify({ images: [file.toString('base64')] }),
        JSON_HEAD,
      ),
    'bytes of the AI SDK': async (file) => {
      using captured = captureTraces();
      const model = {
        ...{ specificationVersion: 'v3', provider: 'p', modelId: 'm', maxImagesPerCall: 1 },
        doGenerate: async (_given: object) => ({ images: [new Uint8Array(file)], warnings: [] }),
      };
      await traceModel(model).doGenerate({ prompt: 'a cat' });
      return JSON.stringify(await rowsOf(captured, 1));
    },
  };
  for (const [place, ask] of Object.entries(UNTYPED)) {
    it(`is told by its first bytes, whatever its size: ${place}`, async () => {
      for (const [type, head] of Object.entries(files)) {
        for (const size of [head.length, 3000]) {
          const shown = await ask(Buffer.concat([head, Buffer.alloc(size - head.length, 7)]));
          assert.ok(shown.includes(`[${type}, ${size} bytes]`), `${type}: ${shown}`);
        }
      }
    });
  }
});
