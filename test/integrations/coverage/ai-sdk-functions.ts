/** The functions of the AI SDK that ask a model, each called with a model that answers at once. */

import type { WireStep } from '@openlayer-tracing/core/wire';
import { WebSocket } from 'ws';
import { modelOf, type Specification } from './ai-sdk-models.ts';
import { localServer } from './local-server.ts';
import { capture, type Method } from './methods.ts';
import { billed } from './unrecorded-methods.ts';

/** Functions that may send a request, by their names. */
const ASKS =
  /^(experimental_)?(generate(?!Id)|stream|embed|rerank|transcribe|decide|evaluate|start|upload|extract$|getVideo|getBatch|listBatches|cancelBatch)/;
/** Classes whose methods send one. */
const AGENTS: Readonly<Record<string, readonly string[]>> = {
  Experimental_Agent: ['generate', 'stream'],
  ToolLoopAgent: ['generate', 'stream'],
};
/** Why functions of version 7 are not recorded, whatever their models. */
export const UNRECORDED = {
  experimental_startBatch: billed('batches are read item by item, without their requests'),
  experimental_getBatchResults: 'free: the batch is reported where it is begun',
  experimental_getBatchStatus: 'free',
  experimental_listBatches: 'free',
  experimental_cancelBatch: 'free',
  experimental_getVideoStatus: 'free: the film is recorded where it is begun',
  'upload*': 'free',
};
const LONGEST_MS = 2_000;

/** What is used of what models are asked. */
interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly values?: readonly unknown[];
}
type Functions = Readonly<Record<string, unknown>>;
type Ask = (given: object) => unknown;

export interface FunctionWalk {
  /** The SDK's module. */
  readonly ai: object;
  readonly version: Specification;
  /** What an app does with its models. @default nothing */
  readonly wrap?: (model: object) => object;
}

export async function functionsOf({ ai, version, wrap }: FunctionWalk): Promise<readonly Method[]> {
  Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
  const json = JSON.stringify({});
  await using server = await localServer(() => ({ type: 'application/json', text: json }));
  const given = givenTo(version, wrap ?? ((model) => model), server.url);
  const methods: Method[] = [];
  for (const [name, asked] of Object.entries(ai as Functions).sort(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    if (ASKS.test(name)) methods.push(await tried(name, asked as Ask, given[name]));
    for (const method of AGENTS[name] ?? []) {
      const Agent = asked as new (settings: object) => Record<string, Ask>;
      const ask: Ask = (settings) => new Agent(settings)[method]?.({ prompt: 'hi' });
      methods.push(await tried(`${name}.${method}`, ask, given.generateText));
    }
  }
  return methods;
}

async function tried(name: string, ask: Ask, given: (() => object) | undefined): Promise<Method> {
  const { captured, reports } = capture();
  if (given !== undefined) {
    const timeout = new Promise((resolve) => setTimeout(resolve, LONGEST_MS));
    const run = async () => {
      const result = (await ask(given())) as Record<string, unknown>;
      for (const key of ['fullStream', 'stream']) {
        const stream = result[key];
        if (!(stream instanceof ReadableStream)) continue;
        for await (const _ of stream as unknown as AsyncIterable<unknown>);
        break;
      }
    };
    await Promise.race([run().catch(() => {}), timeout]);
  }
  const rows = await captured.rows();
  captured.restore();
  // Where the SDK tells its telemetry as well, its operations stand above.
  const steps = rows.flatMap((row) => row.steps).flatMap(flat);
  const step = steps.find(({ type }) => type !== 'chain')?.type;
  return { name, request: 'the model', step, reported: [...reports] };
}

const flat = (step: WireStep): WireStep[] => [step, ...step.steps.flatMap(flat)];

/** What is given to each function that asks a model. */
function givenTo(
  version: Specification,
  wrap: (model: object) => object,
  url: string,
): Readonly<Record<string, () => object>> {
  const made = (model: object) => wrap(modelOf(version, model));
  /** Sends what a provider would send, with the headers that the SDK has it send. */
  const sent = async (path: string, { headers }: Asked) => {
    const given = new Headers();
    for (const [name, value] of Object.entries(headers ?? {})) {
      if (value !== undefined) given.set(name, value);
    }
    const agents = [given.get('user-agent'), 'ai-sdk/acme/1.0.0', 'ai-sdk/provider-utils/1.0.0'];
    given.set('user-agent', agents.filter((agent) => agent !== null).join(' '));
    const answer = await fetch(`${url}/v1/${path}`, { method: 'POST', headers: given, body: '{}' });
    await answer.text();
  };
  const after =
    <T>(path: string, answer: (asked: Asked) => T) =>
    async (asked: Asked) => {
      await sent(path, asked);
      return answer(asked);
    };
  /** The same over a socket, which nobody answers. */
  const connected = async (path: string, { headers }: Asked) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/${path}`, { headers });
    await new Promise((resolve) => socket.on('error', resolve));
  };
  const isFlat = version === 'v2';
  const answer = {
    content: [{ type: 'text', text: '{}' }],
    finishReason: isFlat ? 'stop' : { unified: 'stop', raw: 'stop' },
    usage: isFlat
      ? { inputTokens: 1, outputTokens: 1, totalTokens: 2 }
      : { inputTokens: { total: 1 }, outputTokens: { total: 1 } },
    warnings: [],
    response: { timestamp: new Date(0), modelId: 'model', headers: {} },
  };
  const streamed = () => ({
    stream: new ReadableStream({
      start(controller) {
        controller.enqueue({ type: 'stream-start', warnings: [] });
        controller.enqueue({ type: 'text-start', id: '1' });
        controller.enqueue({ type: 'text-delta', id: '1', delta: '{}' });
        controller.enqueue({ type: 'text-end', id: '1' });
        controller.enqueue({ ...answer, type: 'finish', text: 'hi', segments: [] });
        controller.close();
      },
    }),
  });
  const chat = () =>
    made({
      supportedUrls: {},
      doGenerate: after('chat/completions', () => answer),
      doStream: after('chat/completions', streamed),
    });
  const sound = (path: string, more: object) =>
    made({ doGenerate: after(path, () => ({ ...answer, ...more })) });
  const live = (path: string) =>
    made({
      doStream: async (asked: Asked) => {
        await connected(path, asked);
        return streamed();
      },
    });
  const films = () => {
    const videos = [{ type: 'url', url: 'https://films.example/1', mediaType: 'video/mp4' }];
    const operation = { id: 'o' };
    return made({
      maxVideosPerCall: 1,
      doGenerate: after('videos', () => ({ ...answer, videos })),
      doStart: after('videos', () => ({ ...answer, operation })),
      doStatus: async () => ({ ...answer, status: 'pending' }),
    });
  };
  const judged = after('decisions', () => ({
    ...answer,
    answers: { q: { type: 'boolean', probability: 1 } },
  }));
  const judge = () =>
    made({
      ...{ supportedQuestionTypes: ['boolean'], supportedFieldTypes: ['text'] },
      ...{ doDecide: judged, doEvaluate: judged },
      doExtract: after('extractions', () => ({
        ...answer,
        answers: { q: { type: 'text', text: 'hi' } },
      })),
    });
  const vectors = () =>
    made({
      ...{ maxEmbeddingsPerCall: 2, supportsParallelCalls: false },
      doEmbed: after('embeddings', ({ values = [] }) => ({
        embeddings: values.map(() => [1]),
        usage: { tokens: 1 },
        warnings: [],
      })),
    });
  const pictures = () =>
    made({
      maxImagesPerCall: 1,
      doGenerate: after('images/generations', () => ({ ...answer, images: ['AA=='] })),
    });
  const batch = { version: 2, id: 'b', provider: 'acme.batch' };
  const batches = {
    ...{ provider: batch.provider, supportedUrls: {} },
    doStartBatch: after('batches', () => ({ batchId: 'b', status: 'pending', warnings: [] })),
    doCancelBatch: after('batches/b/cancel', () => ({})),
    doGetBatchStatus: async () => ({ status: 'pending' }),
    doListBatches: async () => ({ batches: [] }),
    doGetBatchResults: async () =>
      new ReadableStream({ start: (controller) => controller.close() }),
  };
  const hi = { prompt: 'hi' };
  const asked = { state: 'hi', questions: { q: { type: 'boolean', instructions: 'Is it?' } } };
  const inputAudioFormat = { type: 'audio/pcm', rate: 24_000 };
  const sounds = () => ({
    audio: new ReadableStream({ start: (controller) => controller.close() }),
    inputAudioFormat,
  });
  const texts = () => ({ model: chat(), ...hi });
  const objects = () => ({ ...texts(), output: 'no-schema' });
  const spoken = () => ({ model: sound('audio/speech', { audio: 'AAAA' }), text: 'hi' });
  const heard = () => ({
    model: sound('audio/transcriptions', { text: 'hi', segments: [] }),
    audio: new Uint8Array(4),
  });
  const picture = () => ({ ...hi, model: pictures() });
  return {
    generateText: texts,
    streamText: texts,
    generateObject: objects,
    streamObject: objects,
    experimental_streamLanguageModelCall: texts,
    experimental_streamTextLowMemory: texts,
    embed: () => ({ model: vectors(), value: 'hi' }),
    embedMany: () => ({ model: vectors(), values: ['hi'] }),
    rerank: () => ({
      ...{ query: 'q', documents: ['a'] },
      model: made({
        doRerank: after('rerank', () => ({ ranking: [{ index: 0, relevanceScore: 1 }] })),
      }),
    }),
    generateImage: picture,
    experimental_generateImage: picture,
    experimental_generateVideo: () => ({ model: films(), ...hi, download: async () => answer }),
    experimental_startVideo: () => ({ model: films(), ...hi }),
    experimental_getVideoStatus: () => ({ model: films(), operation: { id: 'o' } }),
    generateSpeech: spoken,
    experimental_generateSpeech: spoken,
    experimental_streamSpeech: () => ({ model: live('speech-model'), text: 'hi' }),
    transcribe: heard,
    experimental_transcribe: heard,
    experimental_streamTranscribe: () => ({ model: live('realtime'), ...sounds() }),
    experimental_streamTranslate: () => ({
      ...{ model: live('realtime/translations'), targetLanguage: 'de' },
      ...sounds(),
    }),
    experimental_startBatch: () => ({
      provider: batches,
      requests: [{ id: '1', type: 'text', model: 'model', prompt: 'hi' }],
    }),
    experimental_getBatchResults: () => ({ provider: batches, batch }),
    experimental_getBatchStatus: () => ({ provider: batches, batch }),
    experimental_cancelBatch: () => ({ provider: batches, batch }),
    experimental_listBatches: () => ({ provider: batches }),
    experimental_decide: () => ({ model: judge(), ...asked }),
    experimental_evaluate: () => ({ model: judge(), ...asked }),
    experimental_extract: () => ({
      ...{ model: judge(), state: 'hi', fields: { q: { type: 'text' } } },
    }),
  };
}
