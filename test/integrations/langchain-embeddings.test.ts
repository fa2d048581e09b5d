/** Embeddings of LangChain, of classes whose client is traced as well: each request is counted once, with its tokens. */

import assert from 'node:assert/strict';
import { Embeddings } from '@langchain/core/embeddings';
import { OpenAIEmbeddings } from '@langchain/openai';
import { trace } from '@openlayer-tracing/core';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import OpenAI from 'openai7';
import { stepsOfCalls } from './answering.ts';

const MODEL = 'text-embedding-3-small';

/** A class of an app, which sends one request for each text. */
function ownClass(embed: (url: string, text: string) => Promise<number[]>) {
  return class OwnEmbeddings extends Embeddings {
    readonly #url: string;

    constructor(url: string) {
      super({});
      this.#url = url;
    }

    embedQuery(text: string): Promise<number[]> {
      return embed(this.#url, text);
    }

    embedDocuments(texts: string[]): Promise<number[][]> {
      return Promise.all(texts.map((text) => this.embedQuery(text)));
    }
  };
}

const CLASSES: Readonly<Record<string, () => new (url: string) => Embeddings>> = {
  "OpenAI's traced client": () =>
    ownClass(async (url, input) => {
      const openai = traceOpenAI(new OpenAI({ apiKey: 'k', baseURL: url }));
      const { data } = await openai.embeddings.create({ model: MODEL, input });
      return data[0]?.embedding ?? [];
    }),
  'a traced fetch': () =>
    ownClass(async (url, input) => {
      const body = JSON.stringify({ model: MODEL, input });
      const response = await tracedFetch()(`${url}/embeddings`, { method: 'POST', body });
      const { data } = (await response.json()) as { data: { embedding: number[] }[] };
      return data[0]?.embedding ?? [];
    }),
  "LangChain's own class with a traced fetch": () =>
    class TracedOpenAIEmbeddings extends OpenAIEmbeddings {
      constructor(baseURL: string) {
        super({
          apiKey: 'k',
          model: MODEL,
          batchSize: 1,
          configuration: { baseURL, fetch: tracedFetch() },
        });
      }
    },
};

interface Told {
  readonly name: string;
  readonly tokens: number | null;
  readonly below: readonly Told[];
}

function toldBy(step: WireStep): Told {
  const { tokens = null } = step as { readonly tokens?: number | null };
  return { name: step.name.replace(/^(OpenAI|LLM) /, ''), tokens, below: step.steps.map(toldBy) };
}

/** The steps of a function that uses the class, traced. */
async function stepsOf(
  create: () => new (url: string) => Embeddings,
  use: (embeddings: Embeddings) => Promise<unknown>,
): Promise<readonly Told[]> {
  const reply = {
    json: {
      object: 'list',
      model: MODEL,
      usage: { prompt_tokens: 33, total_tokens: 33 },
      data: [{ index: 0, object: 'embedding', embedding: [0.1, 0.2] }],
    },
  };
  const { steps } = await stepsOfCalls(reply, (url) => {
    const Class = create();
    traceLangChain(Class);
    return trace(() => use(new Class(url)))();
  });
  return steps.flatMap((root) => root.steps.map(toldBy));
}

const request = { name: 'Embedding', tokens: 33, below: [] };
const own = (requests: number) => ({
  name: 'LangChain Embedding',
  tokens: null,
  below: Array(requests).fill(request),
});
const withUsage = { name: 'LangChain Embedding', tokens: 33, below: [] };

describe("LangChain's embeddings above a traced client", () => {
  for (const [client, create] of Object.entries(CLASSES)) {
    const isOwn = !client.startsWith('LangChain');

    it(`have the tokens of a query once: ${client}`, async () => {
      const steps = await stepsOf(create, (embeddings) => embeddings.embedQuery('a'));
      assert.deepEqual(steps, isOwn ? [own(1)] : [withUsage]);
    });

    it(`have the tokens of each document once: ${client}`, async () => {
      const steps = await stepsOf(create, (embeddings) => embeddings.embedDocuments(['a', 'b']));
      assert.deepEqual(steps, isOwn ? [own(2)] : [withUsage, withUsage]);
    });
  }
});
