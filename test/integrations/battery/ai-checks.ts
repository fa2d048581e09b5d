/** What users of the AI SDK do with it, in words that its versions 5 to 7 share. */

import type * as ai7 from 'ai7';
import { z } from 'zod';
import { type Check, describeError, drained, failureOf } from './check.ts';

export type AIModule = typeof ai7;

export interface AIKit {
  readonly ai: AIModule;
  readonly major: number;
  model(): ai7.LanguageModel;
  responses(): ai7.LanguageModel;
  tools<Tools extends object>(tools: Tools): Tools;
  embedder(): ai7.EmbeddingModel;
  /** Options of a call that has the server misbehave. */
  scenario(name: string): { headers: Record<string, string> };
}

const cities = z.object({ city: z.string() });
const answers = z.object({ answer: z.string() });
const prompt = 'hi there';
const once = { maxRetries: 0 };

function weather(kit: AIKit, execute: (city: string) => unknown) {
  return kit.tools({
    weather: kit.ai.tool({
      description: 'The weather in a city',
      inputSchema: cities,
      execute: async ({ city }) => execute(city),
    }),
  });
}

const twoSteps = (kit: AIKit) => ({ stopWhen: kit.ai.stepCountIs(3) });

/** What a user of a result looks at. */
async function seenOf(result: {
  text: unknown;
  finishReason: unknown;
  usage: unknown;
  toolCalls: unknown;
}): Promise<unknown> {
  return {
    text: await result.text,
    finishReason: await result.finishReason,
    usage: await result.usage,
    toolCalls: await result.toolCalls,
  };
}

export const aiChecks: readonly Check<AIKit>[] = [
  {
    name: 'generateText',
    run: async (kit) =>
      seenOf(
        await kit.ai.generateText({
          model: kit.model(),
          prompt,
          system: 'Be brief.',
          maxOutputTokens: 64,
        }),
      ),
  },
  {
    name: 'generateText by the responses API',
    run: async (kit) => seenOf(await kit.ai.generateText({ model: kit.responses(), prompt })),
  },
  {
    name: 'generateText of a traced client',
    run: async (kit) => seenOf(await kit.ai.generateText({ model: kit.model(), prompt })),
  },
  {
    name: 'streamText of a traced client',
    async run(kit) {
      const result = kit.ai.streamText({ model: kit.model(), prompt });
      return drained(result.textStream);
    },
  },
  {
    name: 'objects of a traced client',
    async run(kit) {
      const asked = { model: kit.model(), prompt, schema: answers };
      const { object } = await kit.ai.generateObject(asked);
      const streamed = kit.ai.streamObject(asked);
      return [object, await drained(streamed.partialObjectStream)];
    },
  },
  {
    name: 'embeddings of a traced client',
    async run(kit) {
      const model = kit.embedder();
      const { embedding } = await kit.ai.embed({ model, value: prompt });
      const { embeddings } = await kit.ai.embedMany({ model, values: [prompt, 'and you'] });
      return [embedding, embeddings];
    },
  },
  {
    name: 'an object of a traced client after status 503',
    async run(kit) {
      const { object } = await kit.ai.generateObject({
        model: kit.model(),
        prompt,
        schema: answers,
        ...kit.scenario('once-503'),
      });
      return object;
    },
  },
  {
    name: 'generateText with tools',
    async run(kit) {
      const result = await kit.ai.generateText({
        model: kit.model(),
        prompt,
        tools: weather(kit, (city) => `sunny in ${city}`),
        ...twoSteps(kit),
      });
      return { ...((await seenOf(result)) as object), steps: result.steps.map(({ text }) => text) };
    },
  },
  {
    name: 'a tool that throws',
    async run(kit) {
      const result = await kit.ai.generateText({
        model: kit.model(),
        prompt,
        tools: weather(kit, (city) => {
          throw new RangeError(`no weather in ${city}`);
        }),
        ...twoSteps(kit),
      });
      return result.steps.map(({ content }) => content.map(({ type }) => type));
    },
  },
  {
    name: 'a tool that asks a model',
    async run(kit) {
      const result = await kit.ai.generateText({
        model: kit.model(),
        prompt,
        tools: weather(kit, async (city) => {
          const inner = await kit.ai.generateText({ model: kit.model(), prompt: city });
          return inner.text;
        }),
        ...twoSteps(kit),
      });
      return seenOf(result);
    },
  },
  {
    name: 'streamText',
    async run(kit) {
      const result = kit.ai.streamText({ model: kit.model(), prompt });
      const pieces = await drained(result.textStream);
      return { pieces, seen: await seenOf(result) };
    },
  },
  {
    name: 'streamText by its parts',
    async run(kit) {
      const result = kit.ai.streamText({ model: kit.model(), prompt });
      const types: string[] = [];
      for await (const part of result.fullStream) types.push(part.type);
      return types;
    },
  },
  {
    name: 'streamText with tools',
    async run(kit) {
      const result = kit.ai.streamText({
        model: kit.model(),
        prompt,
        tools: weather(kit, async (city) => {
          const inner = await kit.ai.generateText({ model: kit.model(), prompt: city });
          return inner.text;
        }),
        ...twoSteps(kit),
      });
      return { pieces: await drained(result.textStream), seen: await seenOf(result) };
    },
  },
  {
    name: 'streamText as a response',
    async run(kit) {
      const result = kit.ai.streamText({ model: kit.model(), prompt });
      const response = result.toTextStreamResponse();
      return { status: response.status, text: await response.text() };
    },
  },
  {
    name: 'generateObject',
    async run(kit) {
      const { object, usage } = await kit.ai.generateObject({
        model: kit.model(),
        prompt,
        schema: answers,
      });
      return { object, usage };
    },
  },
  {
    name: 'streamObject',
    async run(kit) {
      const result = kit.ai.streamObject({ model: kit.model(), prompt, schema: answers });
      return { parts: await drained(result.partialObjectStream), object: await result.object };
    },
  },
  {
    name: 'embed',
    async run(kit) {
      const { embedding, usage } = await kit.ai.embed({ model: kit.embedder(), value: prompt });
      return { embedding, usage };
    },
  },
  {
    name: 'embedMany',
    async run(kit) {
      const { embeddings, usage } = await kit.ai.embedMany({
        model: kit.embedder(),
        values: [prompt, 'and you'],
      });
      return { embeddings, usage };
    },
  },
  {
    name: 'status 400',
    run: (kit) =>
      failureOf(() =>
        kit.ai.generateText({
          model: kit.model(),
          prompt,
          ...once,
          ...kit.scenario('status-400'),
        }),
      ),
  },
  {
    name: 'status 503, then an answer',
    run: async (kit) =>
      seenOf(
        await kit.ai.generateText({ model: kit.model(), prompt, ...kit.scenario('once-503') }),
      ),
  },
  {
    name: 'a stream that is refused',
    async run(kit) {
      const errors: unknown[] = [];
      const result = kit.ai.streamText({
        model: kit.model(),
        prompt,
        ...once,
        ...kit.scenario('status-400'),
        onError: ({ error }) => void errors.push(describeError(error)),
      });
      return { pieces: await drained(result.textStream), errors };
    },
  },
  {
    name: 'a stream that tells of an error',
    async run(kit) {
      const errors: unknown[] = [];
      const result = kit.ai.streamText({
        model: kit.model(),
        prompt,
        ...once,
        ...kit.scenario('error-event'),
        onError: ({ error }) => void errors.push(describeError(error)),
      });
      return { pieces: await drained(result.textStream), errors };
    },
  },
  {
    name: 'a stream that is aborted',
    async run(kit) {
      const controller = new AbortController();
      const result = kit.ai.streamText({
        model: kit.model(),
        prompt: '50 words',
        abortSignal: controller.signal,
        ...kit.scenario('halt-6'),
      });
      const pieces: string[] = [];
      for await (const piece of result.textStream) {
        // What was on its way may still come.
        if (pieces.length < 5 && pieces.push(piece) === 5) controller.abort();
      }
      return pieces;
    },
  },
  {
    name: 'an embedding that is refused',
    run: (kit) =>
      failureOf(() =>
        kit.ai.embed({
          model: kit.embedder(),
          value: prompt,
          ...once,
          ...kit.scenario('status-401'),
        }),
      ),
  },
  {
    name: 'an object of another form',
    run: (kit) =>
      failureOf(() =>
        kit.ai.generateObject({
          model: kit.model(),
          prompt,
          schema: z.object({ other: z.number() }),
          ...once,
        }),
      ),
  },
  {
    name: 'calls at once',
    run: (kit) =>
      Promise.all(
        Array.from({ length: 5 }, async (_, i) => {
          const { text } = await kit.ai.generateText({ model: kit.model(), prompt: `number ${i}` });
          return text;
        }),
      ),
  },
];
