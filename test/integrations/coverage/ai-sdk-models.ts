/** What is recorded of the AI SDK's models, and of its functions that ask them, whatever its version. */

import { traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import type { AnswerTable } from './facts.ts';

/** The versions of what the SDK asks of its models: that of 5, of 6 and of 7. */
export type Specification = 'v2' | 'v3' | 'v4';

export function modelOf(specificationVersion: Specification, model: object): object {
  return { specificationVersion, provider: 'acme.model', modelId: 'model', ...model };
}

const traced = (model: object) => traceModel(modelOf('v4', model));
const answering = (method: string) => (answer: unknown) => traced({ [method]: async () => answer });
const languageModel = (answer: unknown) =>
  traced({ supportedUrls: {}, doGenerate: async () => answer });

const CALL = {
  prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
} as const;

type Generates = { doGenerate(given: object): Promise<unknown> };
type Streams = { doStream(given: object): Promise<{ stream: ReadableStream<unknown> }> };
type Embeds = { doEmbed(given: object): Promise<unknown> };
type Reranks = { doRerank(given: object): Promise<unknown> };

const NAMED = 'media are named by type and size';
const SENT = 'repeats what was asked';
const WHEN = 'times are those of the step';
const RAW = 'headers and bodies of HTTP are not copied, but for the id of the request';
const MASKED = 'a password in an address is masked';
const ONE = 'pieces of one part have one id';

const schema = (title: string) => ({ type: 'object', title });
/** The schema of a tool that a warning repeats. */
const SCHEMA = 'warnings[unsupported-tool].tool[function].inputSchema';
const marks = {
  skip: (path: string) => /signal$/i.test(path),
  set: { [SCHEMA]: schema, [`[stream-start].${SCHEMA}`]: schema },
};

const TIMED = { 'response.timestamp*': WHEN, 'response.headers*': RAW };
const OF_ANSWERS = { ...TIMED, 'response.body*': RAW, 'request*': SENT };
const CHUNKS = 'chunks of the provider are not copied beside what the SDK makes of them';
const FRESH = 'included in promptTokens';
const SAID = 'included in completionTokens';
const OF_USAGE = { 'usage.inputTokens.noCache': FRESH, 'usage.outputTokens.text': SAID };

/** The types of the SDK's models, by its version and by the one of the models that it comes with. */
export function typesOfModels(sdk: string, version: string): Readonly<Record<string, string>> {
  const model = (name: string) =>
    `Extract<Exclude<import('${sdk}').${name}, string>, { specificationVersion: '${version}' }>`;
  const answer = (name: string, method: string) =>
    `Awaited<ReturnType<${model(name)}['${method}']>>`;
  return {
    Generated: answer('LanguageModel', 'doGenerate'),
    Part: `${answer('LanguageModel', 'doStream')}['stream'] extends ReadableStream<infer P> ? P : never`,
    Embedded: answer('EmbeddingModel', 'doEmbed'),
    Image: answer('ImageModel', 'doGenerate'),
    Speech: answer('SpeechModel', 'doGenerate'),
    Transcript: answer('TranscriptionModel', 'doGenerate'),
    ...(version !== 'v2' && { Ranking: answer('RerankingModel', 'doRerank') }),
  };
}

/** Reasons that hold for some versions only are left out for others. */
export function tablesOfModels(version: Specification): readonly AnswerTable[] {
  const has = (field: string) =>
    (version === 'v4' || !field.endsWith('.url.password')) &&
    (version !== 'v2' || !/\.(noCache|text)$/.test(field)) &&
    (version !== 'v2' || field !== 'a reranking');
  return TABLES.map((table) => ({
    ...table,
    leftOut: Object.fromEntries(Object.entries(table.leftOut).filter(([field]) => has(field))),
  })).filter(({ title }) => has(title));
}

const TABLES: readonly AnswerTable[] = [
  {
    title: 'a text, whole',
    type: 'Generated',
    ask: (answer) => (languageModel(answer) as Generates).doGenerate({ ...CALL }),
    marks,
    leftOut: { ...OF_ANSWERS, ...OF_USAGE, '*.url.password': MASKED },
  },
  {
    title: 'a text, streamed',
    type: 'Part',
    answers: (values) => [values],
    ask: async (parts) => {
      const stream = new ReadableStream({
        start(controller) {
          for (const part of parts as unknown[]) controller.enqueue(part);
          controller.close();
        },
      });
      const model = traced({ supportedUrls: {}, doStream: async () => ({ stream }) }) as Streams;
      const given = await model.doStream({ ...CALL });
      for await (const _ of given.stream as unknown as AsyncIterable<unknown>);
    },
    marks,
    leftOut: {
      '[text-start].id': ONE,
      '[text-delta].id': ONE,
      '[text-end].id': ONE,
      '[reasoning-start].id': ONE,
      '[reasoning-delta].id': ONE,
      '[reasoning-end].id': ONE,

      '[raw].rawValue': CHUNKS,
      '[response-metadata].timestamp': WHEN,
      '[finish].usage.inputTokens.noCache': FRESH,
      '[finish].usage.outputTokens.text': SAID,
      '[file].data[url].url.password': MASKED,
    },
  },
  {
    title: 'vectors',
    type: 'Embedded',
    ask: (answer) => (answering('doEmbed')(answer) as Embeds).doEmbed({ values: ['hi'] }),
    marks,
    leftOut: {
      'response.headers*': RAW,
      'response.body*': RAW,
      'embeddings[][]': 'numbers are counted, not kept',
    },
  },
  {
    title: 'pictures',
    type: 'Image',
    ask: (answer) =>
      (traced({ maxImagesPerCall: 1, doGenerate: async () => answer }) as Generates).doGenerate({
        prompt: 'a cat',
        n: 1,
      }),
    marks,
    leftOut: { ...TIMED, 'images*': NAMED },
  },
  {
    title: 'speech',
    type: 'Speech',
    ask: (answer) => (answering('doGenerate')(answer) as Generates).doGenerate({ text: 'hi' }),
    marks,
    leftOut: { ...OF_ANSWERS, 'audio*': NAMED },
  },
  {
    title: 'a transcript',
    type: 'Transcript',
    ask: (answer) =>
      (answering('doGenerate')(answer) as Generates).doGenerate({ audio: new Uint8Array(2) }),
    marks,
    leftOut: { ...OF_ANSWERS },
  },
  {
    title: 'a reranking',
    type: 'Ranking',
    ask: (answer) =>
      (answering('doRerank')(answer) as Reranks).doRerank({
        query: 'q',
        documents: { type: 'text', values: ['a'] },
      }),
    marks,
    leftOut: { ...TIMED, 'response.body*': RAW },
  },
];
