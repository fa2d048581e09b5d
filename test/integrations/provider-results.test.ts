/** What is asked of Google and Mistral at one time and fetched at another; and what may be billed and is not recorded. */

import assert from 'node:assert/strict';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import { CohereClient } from 'cohere8';
import { GoogleGenAI as GoogleGenAI2 } from 'genai2';
import { GenerateVideosOperation, GoogleGenAI } from 'genai3';
import { HTTPClient, Mistral } from 'mistral2';
import { Ollama } from 'ollama0-6';
import { read, stepsOfCalls } from './answering.ts';
import { forgetUnrecorded, unrecordedCalls } from './unrecorded.ts';

function gemini(url: string): GoogleGenAI {
  return traceGoogleGenAI(new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } }));
}

function vertex(url: string): GoogleGenAI {
  const authClient = { getRequestHeaders: async () => new Headers() };
  return traceGoogleGenAI(
    new GoogleGenAI({
      vertexai: true,
      project: 'p',
      location: 'us-central1',
      googleAuthOptions: { authClient: authClient as never },
      httpOptions: { baseUrl: url },
    }),
  );
}

/** Numbers that differ from test to test: a result is recorded once in a process. */
let nth = 0;

describe('a video', () => {
  for (const [of, made] of [
    [vertex, { videos: [{ bytesBase64Encoded: 'AAAA', mimeType: 'video/mp4' }] }],
    [
      (url: string) =>
        traceGoogleGenAI(
          new GoogleGenAI2({ apiKey: 'k', httpOptions: { baseUrl: url } }),
        ) as unknown as GoogleGenAI,
      {
        generateVideoResponse: {
          generatedSamples: [{ video: { uri: 'https://a.example/v' } }],
          raiMediaFilteredCount: 1,
        },
      },
    ],
  ] as const) {
    it('is recorded when its result is fetched, once', async () => {
      const isVertex = of === vertex;
      const operation = new GenerateVideosOperation();
      operation.name = `${isVertex ? 'projects/p/locations/us-central1/publishers/google/' : ''}models/veo-3/operations/${nth++}`;
      let polls = 0;
      const { steps, asked } = await stepsOfCalls(
        () => ({
          json:
            ++polls < 3
              ? { name: operation.name }
              : { name: operation.name, done: true, response: made },
        }),
        async (url) => {
          const client = of(url);
          for (let i = 0; i < 4; i++) await client.operations.get({ operation });
        },
      );
      assert.equal(asked.length, 4);
      const [step, ...others] = steps;
      assert.ok(step);
      assert.equal(others.length, 0);
      assert.deepEqual(
        [step.name, step.model, step.inputs],
        ['Gemini Video Result', 'veo-3', { operation: operation.name }],
      );
      assert.deepEqual(
        step.output,
        isVertex
          ? [{ bytesBase64Encoded: '[video/mp4, 3 bytes]', mimeType: 'video/mp4' }]
          : [{ video: { uri: 'https://a.example/v' } }],
      );
      assert.deepEqual((step.metadata.billed as { units: object }).units, { videos: 1 });
      assert.equal(step.metadata.raiMediaFilteredCount, isVertex ? undefined : 1);
    });
  }

  it('fails if it could not be created', async () => {
    const operation = new GenerateVideosOperation();
    operation.name = `projects/p/locations/l/publishers/google/models/veo-3/operations/${nth++}`;
    const { steps } = await stepsOfCalls(
      { json: { name: operation.name, done: true, error: { code: 3, message: 'no luck' } } },
      (url) => vertex(url).operations.get({ operation }),
    );
    assert.equal(steps[0]?.metadata.error, 'no luck');
  });
});

describe('a background turn', () => {
  const done = (id: string) => ({
    id,
    model: 'gemini-3-001',
    status: 'completed',
    steps: [{ type: 'model_output', content: [{ type: 'text', text: 'Hi' }] }],
    usage: { total_input_tokens: 3, total_output_tokens: 2, total_tokens: 5 },
  });

  it('is recorded when it is requested, and its result when it is fetched, once', async () => {
    const id = `i${nth++}`;
    let polls = 0;
    const { steps } = await stepsOfCalls(
      ({ method }) => ({
        json: method === 'POST' || ++polls < 2 ? { id, status: 'in_progress' } : done(id),
      }),
      async (url) => {
        const client = gemini(url);
        await client.interactions.create({ model: 'gemini-3', input: 'hi', background: true });
        for (let i = 0; i < 4; i++) await client.interactions.get(id);
      },
    );
    assert.deepEqual(
      steps.map(({ output, tokens, metadata }) => [output, tokens, metadata.finishReason]),
      [
        [null, null, 'in_progress'],
        ['Hi', 5, 'completed'],
      ],
    );
  });

  it('is not recorded again if it was complete when it was requested', async () => {
    const id = `i${nth++}`;
    const { steps } = await stepsOfCalls({ json: done(id) }, async (url) => {
      const client = gemini(url);
      await client.interactions.create({ model: 'gemini-3', input: 'hi' });
      await client.interactions.get(id);
    });
    assert.equal(steps.length, 1);
  });

  it('is recorded if its stream was cut off and it is fetched as a stream', async () => {
    const id = `i${nth++}`;
    const created = {
      event_type: 'interaction.created',
      interaction: { id, status: 'in_progress' },
    };
    const { steps, model: _model, ...head } = done(id);
    const [step] = steps;
    const fetched = [
      created,
      { event_type: 'step.start', index: 0, step },
      { event_type: 'step.stop', index: 0 },
      { event_type: 'interaction.completed', interaction: head },
      '[DONE]',
    ];
    const all = await stepsOfCalls(
      ({ method }) => ({ events: method === 'POST' ? [created] : fetched }),
      async (url) => {
        const client = gemini(url);
        const asked = { model: 'gemini-3', input: 'hi', background: true, stream: true } as const;
        await read(await client.interactions.create(asked));
        for (let i = 0; i < 2; i++) await read(await client.interactions.get(id, { stream: true }));
      },
    );
    assert.deepEqual(
      all.steps.map(({ output, tokens }) => [output, tokens]),
      [
        [null, null],
        ['Hi', 5],
      ],
    );
  });

  it('of an agent is recorded also if another process requested it', async () => {
    const id = `i${nth++}`;
    const json = { ...done(id), agent: 'deep-research', input: 'find out' };
    const { steps } = await stepsOfCalls({ json }, (url) => gemini(url).interactions.get(id));
    assert.deepEqual(
      steps.map(({ output, inputs }) => [output, inputs]),
      [['Hi', { prompt: [{ role: 'user', content: 'find out' }] }]],
    );
  });
});

describe('a batch', () => {
  it('of Google is recorded when it has results, once, as one sum', async () => {
    const name = `batches/b${nth++}`;
    const response = {
      candidates: [{ content: { parts: [{ text: 'Hi' }] } }],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
    };
    const inlinedResponses = {
      inlinedResponses: [{ response }, { response }, { error: { code: 3, message: 'no luck' } }],
    };
    let polls = 0;
    const { steps } = await stepsOfCalls(
      () => ({
        json: {
          name,
          metadata: { model: 'models/gemini-3', state: 'BATCH_STATE_RUNNING', displayName: 'mine' },
          ...(++polls > 1 && { done: true, response: { inlinedResponses } }),
        },
      }),
      async (url) => {
        for (let i = 0; i < 3; i++) await gemini(url).batches.get({ name });
      },
    );
    const [step, ...others] = steps;
    assert.ok(step);
    assert.equal(others.length, 0);
    assert.deepEqual(
      [step.model, step.output, step.promptTokens, step.tokens],
      ['gemini-3', { answers: 2, failed: 1 }, 6, 10],
    );
    assert.equal((step.metadata.billed as { isBatch: boolean }).isBatch, true);
    assert.deepEqual(step.metadata.errors, [{ code: 3, message: 'no luck' }]);
  });

  it('of Mistral is recorded when its file is read, once', async () => {
    const line = {
      custom_id: '1',
      response: {
        status_code: 200,
        body: { model: 'm', usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
      },
    };
    const lines = [line, { ...line, custom_id: '2' }];
    const { steps } = await stepsOfCalls(
      {
        bytes: Buffer.from(lines.map((each) => JSON.stringify(each)).join('\n')),
        type: 'application/octet-stream',
      },
      async (url) => {
        const client = traceMistral(new Mistral({ apiKey: 'k', serverURL: url }));
        const fileId = `0b9d5d5e-0000-4000-8000-00000000000${nth++ % 10}`;
        for (let i = 0; i < 2; i++) {
          await new Response(await client.files.download({ fileId })).text();
        }
      },
    );
    assert.deepEqual(
      steps.map(({ model, output, tokens }) => [model, output, tokens]),
      [['m', { answers: 2, failed: 0 }, 10]],
    );
  });
});

describe('a call that may be billed and is not recorded', () => {
  before(forgetUnrecorded);

  const empty: typeof fetch = async () => Response.json({});
  const google = (fetch = empty) =>
    traceGoogleGenAI(new GoogleGenAI({ apiKey: 'k', httpOptions: { fetch } }));

  it('is reported once: Google', async () => {
    const said = await unrecordedCalls(async () => {
      const client = google();
      for (let i = 0; i < 2; i++) {
        await client.caches.create({ model: 'm' }).catch(() => {});
        await client.triggers.run('trigger_1').catch(() => {});
        await client.live.connect({ model: 'm', callbacks: { onmessage() {} } }).catch(() => {});
      }
    });
    assert.deepEqual(said.toSorted(), [
      'POST /v1/cachedContents',
      'POST /v1/triggers/*/executions',
      'live.connect',
    ]);
  });

  it('is reported once: Mistral and Cohere', async () => {
    const said = await unrecordedCalls(async () => {
      const httpClient = new HTTPClient({ fetcher: empty });
      const mistral = traceMistral(new Mistral({ apiKey: 'k', httpClient }));
      await mistral.realtime.sessions.create({ purpose: 'realtime', model: 'm' }).catch(() => {});
      const cohere = traceCohere(new CohereClient({ token: 'k', fetch: empty, maxRetries: 0 }));
      const job = { model: 'm', datasetId: 'd', inputType: 'clustering' } as const;
      await cohere.embedJobs.create(job).catch(() => {});
    });
    assert.deepEqual(said, ['POST /v1/client/sessions', 'POST /v1/embed-jobs']);
  });

  it('is not reported if it is free', async () => {
    const said = await unrecordedCalls(async () => {
      const client = google();
      await client.models.countTokens({ model: 'm', contents: 'hi' }).catch(() => {});
      await client.files.list().catch(() => {});
      await client.fileSearchStores.create({}).catch(() => {});
      const ollama = traceOllama(new Ollama({ fetch: empty }));
      await ollama.pull({ model: 'm' });
      await ollama.show({ model: 'm' });
      const cohere = traceCohere(new CohereClient({ token: 'k', fetch: empty, maxRetries: 0 }));
      await cohere.tokenize({ model: 'm', text: 'hi' });
      await cohere.checkApiKey();
      const mistral = traceMistral(
        new Mistral({ apiKey: 'k', httpClient: new HTTPClient({ fetcher: empty }) }),
      );
      await mistral.beta.libraries.create({ name: 'l' }).catch(() => {});
      await mistral.batch.jobs.cancel({ jobId: 'j' }).catch(() => {});
    });
    assert.deepEqual(said, []);
  });
});
