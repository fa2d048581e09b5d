/** What Google's client is answered, and what of it is recorded. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { GoogleGenAI as GoogleGenAI2 } from 'genai2';
import { GoogleGenAI, type GoogleGenAIOptions } from 'genai3';
import { later } from '../contract/harness/pause.ts';
import { openServer, type Reply, read, stepOfCall, stepsOfCalls } from './answering.ts';

type Made = GoogleGenAI;

function gemini(url: string, options: GoogleGenAIOptions = {}): Made {
  return traceGoogleGenAI(
    new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url }, ...options }),
    { provider: 'google' },
  );
}

function vertex(url: string): Made {
  const authClient = {
    getRequestHeaders: async () => new Headers({ authorization: 'Bearer t' }),
  };
  return gemini(url, {
    apiKey: undefined as unknown as string,
    vertexai: true,
    project: 'p',
    location: 'europe-west4',
    googleAuthOptions: { authClient: authClient as never },
  });
}

const ask = { model: 'gemini-3-flash', contents: 'hi' };
const usage = { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 };
const answer = (parts: readonly object[], more: object = {}, ofAnswer: object = {}) => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, finishReason: 'STOP', ...more }],
  usageMetadata: usage,
  modelVersion: 'gemini-3-flash-001',
  responseId: 'r1',
  ...ofAnswer,
});

/** The step of the same answer, whole and as the events of a stream. */
async function bothWays(
  check: (step: WireStep, how: string) => void,
  whole: object,
  events: readonly object[] = [whole],
): Promise<void> {
  check(
    await stepOfCall({ json: whole }, (url) => gemini(url).models.generateContent(ask)),
    'whole',
  );
  check(
    await stepOfCall({ events }, (url) => read(gemini(url).models.generateContentStream(ask))),
    'streamed',
  );
}

const PROMPTS: Readonly<Record<string, readonly [parts: readonly object[], content: unknown]>> = {
  'texts as one': [[{ text: 'Late ' }, { text: 'fees' }], 'Late fees'],
  'a text that is no thought': [[{ text: 'Late', thought: false }], 'Late'],
  'thoughts apart from the answer': [
    [
      { text: 'hm', thought: true },
      { text: 'Late', thoughtSignature: 's'.repeat(300) },
    ],
    [
      { text: 'hm', thought: true },
      { text: 'Late', thoughtSignature: '[encrypted, 300 characters]' },
    ],
  ],
  'a thought alone': [[{ text: 'hm', thought: true }], [{ text: 'hm', thought: true }]],
};

describe("Gemini's prompts", () => {
  for (const [what, [parts, content]] of Object.entries(PROMPTS)) {
    it(`have ${what}`, async () => {
      const contents = [{ role: 'model', parts: [...parts] }];
      const step = await stepOfCall({ json: answer([{ text: 'Hi' }]) }, (url) =>
        gemini(url).models.generateContent({ ...ask, contents }),
      );
      assert.deepEqual(step.inputs, { prompt: [{ role: 'model', content }] });
    });
  }
});

describe("Gemini's responses", () => {
  it('have {} for a tool call without arguments', () =>
    bothWays(
      ({ output }, how) =>
        assert.deepEqual(output, { tool_calls: [{ name: 'now', arguments: {} }] }, how),
      answer([{ functionCall: { name: 'now', id: '' } }]),
    ));

  it('have tool calls whose arguments are received in pieces', async () => {
    const bits = [
      { name: 'book', id: 'c1', willContinue: true },
      {
        partialArgs: [{ jsonPath: '$.city', stringValue: 'Os', willContinue: true }],
        willContinue: true,
      },
      { partialArgs: [{ jsonPath: '$.city', stringValue: 'lo' }], willContinue: true },
      { partialArgs: [{ jsonPath: '$.guests[0].age', numberValue: 7 }], willContinue: true },
      { partialArgs: [{ jsonPath: "$['quiet']", boolValue: true }], willContinue: true },
      {},
      { name: 'now' },
    ];
    const events = bits.map((functionCall, i) =>
      answer([{ functionCall }], i < bits.length - 1 ? { finishReason: undefined } : {}),
    );
    const { output } = await stepOfCall({ events }, (url) =>
      read(gemini(url).models.generateContentStream(ask)),
    );
    assert.deepEqual(output, {
      tool_calls: [
        { name: 'book', arguments: { city: 'Oslo', guests: [{ age: 7 }], quiet: true }, id: 'c1' },
        { name: 'now', arguments: {} },
      ],
    });
  });

  it('have images by their type and size', async () => {
    for (const bytes of [40, 99_999]) {
      const data = Buffer.alloc(bytes, 'pic').toString('base64');
      await bothWays(
        ({ output }, how) =>
          assert.deepEqual(
            output,
            {
              content: 'Here:',
              parts: [
                { inlineData: { mimeType: 'image/png', data: `[image/png, ${bytes} bytes]` } },
              ],
            },
            `${how}, ${bytes}`,
          ),
        answer([{ text: 'Here:' }, { inlineData: { mimeType: 'image/png', data } }]),
      );
    }
  });

  it('have several candidates', () =>
    bothWays(
      ({ output, metadata }, how) => {
        assert.deepEqual(output, ['One.', { tool_calls: [{ name: 'two', arguments: {} }] }], how);
        assert.equal(metadata.finishReason, 'STOP');
        assert.deepEqual(
          metadata.candidates,
          [{ finishReason: 'STOP' }, { finishReason: 'MAX_TOKENS', tokenCount: 9 }],
          how,
        );
      },
      {
        candidates: [
          { content: { parts: [{ text: 'One.' }] }, index: 0, finishReason: 'STOP' },
          {
            content: { parts: [{ functionCall: { name: 'two' } }] },
            index: 1,
            finishReason: 'MAX_TOKENS',
            tokenCount: 9,
          },
        ],
      },
      [
        { candidates: [{ content: { parts: [{ text: 'On' }] }, index: 0 }] },
        {
          candidates: [
            { content: { parts: [{ functionCall: { name: 'two' } }] }, index: 1 },
            { content: { parts: [{ text: 'e.' }] }, index: 0, finishReason: 'STOP' },
          ],
        },
        { candidates: [{ index: 1, finishReason: 'MAX_TOKENS', tokenCount: 9 }] },
      ],
    ));

  for (const [name, body, error] of [
    [
      'a prompt that was blocked',
      { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: usage },
      'the prompt was blocked: SAFETY',
    ],
    [
      'a prompt that was blocked, with its reason',
      { promptFeedback: { blockReason: 'MODEL_ARMOR', blockReasonMessage: 'by your template' } },
      'by your template',
    ],
    ...(['SAFETY', 'RECITATION', 'NO_IMAGE', 'OTHER'] as const).map(
      (reason) =>
        [
          `an answer that was stopped: ${reason}`,
          answer([], { finishReason: reason, finishMessage: 'Unable to show it' }),
          'Unable to show it',
        ] as const,
    ),
    [
      'a call of a tool that went wrong, whose text is content',
      answer([], { finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'print(x' }),
      'the model stopped without an answer: MALFORMED_FUNCTION_CALL',
    ],
    [
      'an error under a status of success',
      { error: { code: 503, status: 'UNAVAILABLE', message: 'overloaded' } },
      'overloaded',
    ],
  ] as const) {
    it(`fail with ${name}`, () =>
      bothWays(({ metadata }, how) => {
        assert.equal(metadata.error, error, how);
      }, body));
  }

  it('have not failed if there was an answer before they were stopped', () =>
    bothWays(
      ({ output, metadata }, how) => {
        assert.equal(output, 'So far', how);
        assert.equal(metadata.error, undefined, how);
        assert.equal(metadata.finishReason, 'SAFETY', how);
      },
      answer([{ text: 'So far' }], { finishReason: 'SAFETY' }),
    ));

  it('are partial if their stream ends without a finish reason', async () => {
    for (const parts of [
      [{ text: 'So' }],
      [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
    ]) {
      const events = [answer(parts, { finishReason: undefined })];
      const { metadata } = await stepOfCall({ events }, (url) =>
        read(gemini(url).models.generateContentStream(ask)),
      );
      assert.equal(metadata.partial, true);
    }
  });

  it('have their tokens by modality', () =>
    bothWays(
      ({ promptTokens, completionTokens, tokens, metadata }, how) => {
        assert.deepEqual([promptTokens, completionTokens, tokens], [112, 50, 162], how);
        assert.equal(metadata.reasoningTokens, 20, how);
        assert.deepEqual(
          metadata.billed,
          {
            serviceTier: 'ON_DEMAND_PRIORITY',
            toolUses: { google_search: 2, google_maps: 1, url_context: 1, code_execution: 1 },
            tokens: { imageOutput: 25 },
          },
          how,
        );
        const { toolUsePromptTokenCount, cacheTokensDetails } = metadata.usageMetadata as Record<
          string,
          unknown
        >;
        assert.deepEqual(
          [toolUsePromptTokenCount, cacheTokensDetails],
          [12, [{ modality: 'TEXT', tokenCount: 40 }]],
          how,
        );
      },
      answer(
        [{ executableCode: { code: '1+1', language: 'PYTHON' } }, { text: '2' }],
        {
          groundingMetadata: {
            webSearchQueries: ['a', 'b'],
            groundingChunks: [{ maps: { title: 'Oslo' } }],
          },
          urlContextMetadata: { urlMetadata: [{ retrievedUrl: 'https://a.example' }] },
        },
        {
          usageMetadata: {
            promptTokenCount: 100,
            toolUsePromptTokenCount: 12,
            cachedContentTokenCount: 40,
            cacheTokensDetails: [{ modality: 'TEXT', tokenCount: 40 }],
            promptTokensDetails: [
              { modality: 'TEXT', tokenCount: 60 },
              { modality: 'AUDIO', tokenCount: 40 },
            ],
            candidatesTokenCount: 30,
            candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 25 }],
            thoughtsTokenCount: 20,
            totalTokenCount: 162,
            trafficType: 'ON_DEMAND_PRIORITY',
          },
        },
      ),
    ));

  it('keep other and unknown fields', () =>
    bothWays(
      ({ output, metadata }, how) => {
        assert.deepEqual(
          output,
          {
            content: 'Hi',
            parts: [{ somethingNew: { a: 1 } }, { executableCode: { code: '1' } }],
          },
          how,
        );
        assert.deepEqual(metadata.safetyRatings, [{ category: 'HARM', probability: 'LOW' }], how);
        assert.deepEqual(metadata.groundingMetadata, { webSearchQueries: ['q'] }, how);
        assert.deepEqual(
          metadata.citationMetadata,
          { citations: [{ uri: 'a' }, { uri: 'b' }] },
          how,
        );
        assert.equal(metadata.avgLogprobs, -0.5, how);
        assert.deepEqual(
          metadata.logprobsResult,
          {
            chosenCandidates: [
              { text: 'H', logProbability: -1 },
              { text: 'H', logProbability: -1 },
            ],
          },
          how,
        );
        assert.deepEqual(metadata.thoughtSignatures, ['[encrypted, 300 characters]'], how);
        assert.equal(metadata.newOfCandidate, 'kept', how);
        assert.equal(metadata.newOfAnswer, 'kept too', how);
      },
      answer(
        [
          { text: 'Hi', thoughtSignature: 's'.repeat(300) },
          { somethingNew: { a: 1 } },
          { executableCode: { code: '1' } },
        ],
        {
          safetyRatings: [{ category: 'HARM', probability: 'LOW' }],
          groundingMetadata: { webSearchQueries: ['q'] },
          citationMetadata: { citations: [{ uri: 'a' }, { uri: 'b' }] },
          avgLogprobs: -0.5,
          logprobsResult: {
            chosenCandidates: [
              { token: 'H', logProbability: -1 },
              { token: 'H', logProbability: -1 },
            ],
          },
          newOfCandidate: 'kept',
        },
        { newOfAnswer: 'kept too' },
      ),
      [
        answer([{ text: 'Hi', thoughtSignature: 's'.repeat(300) }], {
          finishReason: undefined,
          safetyRatings: [{ category: 'HARM', probability: 'HIGH' }],
          citationMetadata: { citations: [{ uri: 'a' }] },
          logprobsResult: { chosenCandidates: [{ token: 'H', logProbability: -1 }] },
        }),
        answer([{ somethingNew: { a: 1 } }], {
          finishReason: undefined,
          citationMetadata: { citations: [{ uri: 'a' }, { uri: 'b' }] },
          logprobsResult: { chosenCandidates: [{ token: 'H', logProbability: -1 }] },
        }),
        answer(
          [{ executableCode: { code: '1' } }],
          {
            safetyRatings: [{ category: 'HARM', probability: 'LOW' }],
            groundingMetadata: { webSearchQueries: ['q'] },
            avgLogprobs: -0.5,
            newOfCandidate: 'kept',
          },
          { newOfAnswer: 'kept too' },
        ),
      ],
    ));

  it('have no content with content: false', async () => {
    const secret = 'the-secret';
    const body = answer(
      [{ text: secret }, { executableCode: { code: secret } }],
      {
        groundingMetadata: { webSearchQueries: [secret] },
        finishMessage: secret,
        newOfCandidate: secret,
      },
      { newOfAnswer: secret },
    );
    const malformed = answer([], {
      finishReason: 'MALFORMED_FUNCTION_CALL',
      finishMessage: secret,
    });
    for (const options of [{ content: false }, { redact: () => '[masked]' }]) {
      for (const json of [body, malformed]) {
        const step = await stepOfCall({ json }, (url) =>
          traceGoogleGenAI(
            new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } }),
            options,
          ).models.generateContent(ask),
        );
        assert.ok(!JSON.stringify(step).includes(secret));
        assert.equal(step.model, 'gemini-3-flash-001');
      }
    }
  });
});

describe("Google's client, which reads each chunk of a stream", () => {
  const error = {
    error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' },
  };
  for (const [how, text] of [
    ['on one line', JSON.stringify(error)],
    ['on several lines', `${JSON.stringify(error, null, 2)}\n`],
  ] as const) {
    for (const [major, Client] of [
      ['genai2', GoogleGenAI2],
      ['genai3', GoogleGenAI],
    ] as const) {
      it(`throws at an error that is no event, which is recorded: ${how}, ${major}`, async () => {
        const part = answer([{ text: 'So far' }], { finishReason: undefined });
        await using server = await openServer(async (res) => {
          res.writeHead(200, { 'content-type': 'text/event-stream' });
          res.write(`data: ${JSON.stringify(part)}\n\n`);
          await later(50);
          // The client does not read on, nor does it close the connection.
          res.write(text);
        });
        using captured = captureTraces();
        const client = traceGoogleGenAI(
          new Client({ apiKey: 'k', httpOptions: { baseUrl: server.url } }) as GoogleGenAI,
        );
        await assert.rejects(read(client.models.generateContentStream(ask)), {
          name: 'ApiError',
          status: 503,
        });
        const [row] = await captured.rows();
        const [step] = row?.steps ?? [];
        assert.equal(step?.output, 'So far');
        assert.equal(step?.metadata.error, 'The model is overloaded.');
        assert.equal(step?.metadata.errorType, 'UNAVAILABLE');
        assert.equal(step?.metadata.partial, true);
      });
    }
  }
});

describe("Google's paths", () => {
  const reply: Reply = { json: answer([{ text: 'Hi' }], {}, { modelVersion: undefined }) };
  for (const [model, recorded, of] of [
    ['gemini-3-flash', 'gemini-3-flash', gemini],
    ['models/gemini-3-flash', 'gemini-3-flash', gemini],
    ['tunedModels/mine-1', 'tunedModels/mine-1', gemini],
    ['gemini-3-flash', 'gemini-3-flash', vertex],
    ['meta/llama-4', 'llama-4', vertex],
    ['projects/p/locations/l/endpoints/123', 'endpoints/123', vertex],
    ['projects/p/locations/l/publishers/google/models/gemini-3', 'gemini-3', vertex],
  ] as const) {
    it(`are recognised by their verbs: ${model} of ${of.name}`, async () => {
      for (const call of [
        (client: Made) => client.models.generateContent({ model, contents: 'hi' }),
        (client: Made) => client.chats.create({ model }).sendMessage({ message: 'hi' }),
      ]) {
        const step = await stepOfCall(reply, (url) => call(of(url)));
        assert.equal(step.model, recorded);
        assert.deepEqual(
          step.metadata.billed,
          of === vertex ? { region: model.includes('/l/') ? 'l' : 'europe-west4' } : undefined,
        );
      }
    });
  }

  it('are not recorded if they only count tokens', async () => {
    const { steps, asked } = await stepsOfCalls({ json: { totalTokens: 3 } }, async (url) => {
      await gemini(url).models.countTokens(ask);
      await vertex(url).models.computeTokens(ask);
    });
    assert.deepEqual([steps.length, asked.length], [0, 2]);
  });
});

describe("Google's embeddings", () => {
  const values = [0.1, 0.2, 0.3];
  const predicted = (statistics?: object) => ({
    predictions: [{ embeddings: { values, statistics } }, { embeddings: { values, statistics } }],
    metadata: { billableCharacterCount: 11 },
  });
  for (const [name, of, model, json, facts] of [
    [
      'batchEmbedContents',
      gemini,
      'gemini-embedding-001',
      { embeddings: [{ values }, { values }], usageMetadata: { promptTokenCount: 4 } },
      { count: 2, tokens: 4 },
    ],
    [
      'predict',
      vertex,
      'text-embedding-005',
      predicted({ token_count: 3, truncated: true }),
      { count: 2, tokens: 6, billed: { region: 'europe-west4', characters: 11 } },
    ],
    [
      'predict without counts',
      vertex,
      'text-embedding-005',
      predicted(),
      { count: 2, billed: { region: 'europe-west4', characters: 11 } },
    ],
    [
      'embedContent',
      vertex,
      'gemini-embedding-2-preview',
      { embedding: { values }, truncated: true, usageMetadata: { promptTokenCount: 9 } },
      { count: 1, tokens: 9, billed: { region: 'europe-west4' } },
    ],
  ] as const) {
    it(`have the number and dimensions of their vectors: ${name}`, async () => {
      const contents = facts.count === 2 ? ['one', 'two'] : 'one';
      const step = await stepOfCall({ json }, (url) =>
        of(url).models.embedContent({ model, contents, config: { outputDimensionality: 3 } }),
      );
      assert.equal(step.type, 'embedding');
      const { embeddingCount, embeddingDimensions, promptTokens, metadata } = step;
      assert.deepEqual([embeddingCount, embeddingDimensions, step.model], [facts.count, 3, model]);
      assert.equal(promptTokens ?? undefined, 'tokens' in facts ? facts.tokens : undefined);
      assert.deepEqual(metadata.billed, 'billed' in facts ? facts.billed : undefined);
      if (name === 'predict') {
        const [first] = metadata.embeddings as { statistics: object }[];
        assert.deepEqual(first?.statistics, { token_count: 3, truncated: true });
      }
      if (name === 'embedContent') assert.equal(metadata.truncated, true);
    });
  }
});

describe("Google's images", () => {
  const png = Buffer.alloc(300, 'x').toString('base64');
  const image = { imageBytes: 'AAAA', mimeType: 'image/png' };
  for (const [name, call] of [
    [
      'generateImages',
      (ai: Made) =>
        ai.models.generateImages({
          model: 'imagen-4',
          prompt: 'a cat',
          config: { numberOfImages: 2 },
        }),
    ],
    [
      'upscaleImage',
      (ai: Made) =>
        ai.models.upscaleImage({ model: 'imagen-4-upscale', image, upscaleFactor: 'x2' }),
    ],
    [
      'recontextImage',
      (ai: Made) =>
        ai.models.recontextImage({
          model: 'virtual-try-on-1',
          source: { personImage: image, productImages: [{ productImage: image }] },
        }),
    ],
    [
      'segmentImage',
      (ai: Made) => ai.models.segmentImage({ model: 'image-segmentation-001', source: { image } }),
    ],
  ] as const) {
    it(`are named and counted: ${name}`, async () => {
      const predictions = [
        { bytesBase64Encoded: png, mimeType: 'image/png', prompt: 'a better cat' },
        { raiFilteredReason: 'it was filtered' },
      ];
      const step = await stepOfCall({ json: { predictions, somethingNew: 1 } }, (url) =>
        call(vertex(url)),
      );
      assert.equal(step.type, 'chat_completion');
      assert.deepEqual(step.output, [
        {
          bytesBase64Encoded: '[image/png, 300 bytes]',
          mimeType: 'image/png',
          prompt: 'a better cat',
        },
        { raiFilteredReason: 'it was filtered' },
      ]);
      assert.deepEqual(step.metadata.billed, { region: 'europe-west4', pictures: 1 });
      assert.equal(step.metadata.somethingNew, 1);
    });
  }

  it('fail if all images were filtered', async () => {
    const predictions = [{ raiFilteredReason: 'it was filtered' }];
    const { metadata } = await stepOfCall({ json: { predictions } }, (url) =>
      vertex(url).models.generateImages({ model: 'imagen-4', prompt: 'a cat' }),
    );
    assert.equal(metadata.error, 'it was filtered');
  });
});

describe("Google's videos and voices", () => {
  it('are recorded when a video is requested, with its length', async () => {
    const name = 'projects/p/locations/l/publishers/google/models/veo-3/operations/1';
    const step = await stepOfCall({ json: { name } }, (url) =>
      vertex(url).models.generateVideos({
        model: 'veo-3',
        source: { prompt: 'a cat' },
        config: { durationSeconds: 8, numberOfVideos: 2 },
      }),
    );
    assert.deepEqual([step.name, step.model], ['Gemini Video', 'veo-3']);
    assert.deepEqual(step.inputs, { prompt: 'a cat' });
    assert.deepEqual(step.output, { operation: name });
    assert.deepEqual(step.metadata.billed, { region: 'europe-west4', seconds: 16 });
  });

  it('are recorded when a voice is created', async () => {
    const json = {
      id: 'v1',
      type: 'prompted',
      sample_audio: { data: 'AAAA', mime_type: 'audio/wav' },
      usage: { total_input_tokens: 9, total_output_tokens: 30, total_tokens: 39 },
    };
    const step = await stepOfCall({ json }, (url) =>
      gemini(url).voices.create({
        type: 'prompted',
        prompted: { prompt: 'calm' },
        model: 'm',
      } as never),
    );
    assert.deepEqual(
      [step.name, step.promptTokens, step.completionTokens],
      ['Gemini Voice', 9, 30],
    );
    assert.deepEqual(step.output, {
      id: 'v1',
      type: 'prompted',
      sample_audio: { data: '[audio/wav, 3 bytes]', mime_type: 'audio/wav' },
    });
  });
});

describe("Google's interactions", () => {
  const steps = [
    { type: 'thought', signature: 's'.repeat(40), summary: [{ type: 'text', text: 'Hm.' }] },
    { type: 'google_search_call', id: 'g1', arguments: { queries: ['q'] }, signature: 's' },
    { type: 'google_search_result', call_id: 'g1', result: [{ url: 'https://a.example' }] },
    { type: 'function_call', id: 'f1', name: 'now', arguments: {} },
    {
      type: 'model_output',
      content: [
        { type: 'text', text: 'It is noon.', annotations: [{ type: 'url_citation', url: 'u' }] },
        { type: 'image', mime_type: 'image/png', data: 'AAAAAAAA' },
      ],
    },
  ];
  const told = {
    id: 'i1',
    model: 'gemini-3-flash-001',
    status: 'requires_action',
    service_tier: 'flex',
    usage: {
      total_input_tokens: 10,
      total_tool_use_tokens: 2,
      total_output_tokens: 5,
      total_thought_tokens: 3,
      total_cached_tokens: 4,
      total_tokens: 20,
      grounding_tool_count: [{ type: 'google_search', count: 1 }],
    },
  };
  const events = [
    { event_type: 'interaction.created', interaction: { id: 'i1', status: 'in_progress' } },
    { event_type: 'step.start', index: 0, step: { type: 'thought' } },
    {
      event_type: 'step.delta',
      index: 0,
      delta: { type: 'thought_summary', content: { type: 'text', text: 'Hm.' } },
    },
    {
      event_type: 'step.delta',
      index: 0,
      delta: { type: 'thought_signature', signature: 's'.repeat(40) },
    },
    { event_type: 'step.stop', index: 0 },
    { event_type: 'step.start', index: 1, step: { type: 'google_search_call', id: 'g1' } },
    {
      event_type: 'step.delta',
      index: 1,
      delta: { type: 'google_search_call', arguments: { queries: ['q'] }, signature: 's' },
    },
    { event_type: 'step.stop', index: 1 },
    { event_type: 'step.start', index: 2, step: { type: 'google_search_result', call_id: 'g1' } },
    {
      event_type: 'step.delta',
      index: 2,
      delta: { type: 'google_search_result', result: [{ url: 'https://a.example' }] },
    },
    { event_type: 'step.stop', index: 2 },
    { event_type: 'step.start', index: 3, step: { type: 'function_call', id: 'f1', name: 'now' } },
    { event_type: 'step.stop', index: 3 },
    { event_type: 'step.start', index: 4, step: { type: 'model_output' } },
    { event_type: 'step.delta', index: 4, delta: { type: 'text', text: 'It is ' } },
    { event_type: 'step.delta', index: 4, delta: { type: 'text', text: 'noon.' } },
    {
      event_type: 'step.delta',
      index: 4,
      delta: { type: 'text_annotation_delta', annotations: [{ type: 'url_citation', url: 'u' }] },
    },
    {
      event_type: 'step.delta',
      index: 4,
      delta: { type: 'image', mime_type: 'image/png', data: 'AAAA' },
    },
    { event_type: 'step.delta', index: 4, delta: { type: 'image', data: 'AAAA' } },
    { event_type: 'step.stop', index: 4 },
    { event_type: 'interaction.completed', interaction: told },
    '[DONE]',
  ];
  const output = {
    content: 'It is noon.',
    tool_calls: [{ name: 'now', arguments: {}, id: 'f1' }],
    parts: [
      { type: 'google_search_call', id: 'g1', arguments: { queries: ['q'] } },
      { type: 'google_search_result', call_id: 'g1', result: [{ url: 'https://a.example' }] },
      { type: 'image', mime_type: 'image/png', data: '[image/png, 6 bytes]' },
    ],
  };
  const create = { model: 'gemini-3-flash', input: 'What time is it?' };

  for (const [version, make] of [
    [
      'genai2',
      (url: string) =>
        traceGoogleGenAI(
          new GoogleGenAI2({ apiKey: 'k', httpOptions: { baseUrl: url } }),
        ) as unknown as Made,
    ],
    ['genai3', gemini],
  ] as const) {
    it(`are recorded, whole and streamed: ${version}`, async () => {
      for (const [how, reply, call] of [
        ['whole', { json: { ...told, steps } }, (ai: Made) => ai.interactions.create(create)],
        [
          'streamed',
          { events },
          async (ai: Made) => read(await ai.interactions.create({ ...create, stream: true })),
        ],
        [
          'of another version',
          { json: { ...told, steps } },
          (ai: Made) => ai.interactions.create({ ...create, api_version: 'v1' }),
        ],
      ] as const) {
        const step = await stepOfCall(reply, (url) => call(make(url)));
        assert.deepEqual(step.output, output, how);
        assert.deepEqual(step.inputs, { prompt: [{ role: 'user', content: 'What time is it?' }] });
        assert.deepEqual(
          [step.model, step.promptTokens, step.completionTokens, step.tokens],
          ['gemini-3-flash-001', 12, 8, 20],
          how,
        );
        const { finishReason, responseId, reasoning, annotations, thoughtSignatures, billed } =
          step.metadata;
        assert.deepEqual(
          { finishReason, responseId, reasoning, annotations, billed },
          {
            finishReason: 'requires_action',
            responseId: 'i1',
            reasoning: 'Hm.',
            annotations: [{ type: 'url_citation', url: 'u' }],
            billed: { serviceTier: 'flex', toolUses: { google_search: 1 } },
          },
          how,
        );
        assert.ok((thoughtSignatures as string[]).includes('[encrypted, 40 characters]'), how);
      }
    });
  }

  it('are one step with all of their attempts, and fail if they state an error', async () => {
    let tries = 0;
    const step = await stepOfCall(
      () =>
        tries++ === 0
          ? { json: { error: { message: 'busy' } }, status: 503 }
          : { json: { id: 'i', status: 'failed', errors: [{ code: 'x', message: 'no luck' }] } },
      (url) => gemini(url).interactions.create(create),
    );
    assert.equal((step.metadata.attempts as unknown[]).length, 2);
    assert.equal(step.metadata.error, 'no luck');
  });

  it('are partial if their stream is cut off', async () => {
    const step = await stepOfCall({ events: events.slice(0, 16) }, async (url) =>
      read(
        (await gemini(url).interactions.create({
          ...create,
          stream: true,
          automatic_continuation: false,
        } as never)) as never,
      ),
    );
    assert.equal(step.metadata.partial, true);
    assert.equal((step.output as { content: string }).content, 'It is noon.');
  });
});
