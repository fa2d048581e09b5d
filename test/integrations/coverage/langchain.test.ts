import { CallbackManager } from '@langchain/core/callbacks/manager';
import { Document, type DocumentInput } from '@langchain/core/documents';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { ChatModelStreamEvent } from '@langchain/core/language_models/event';
import { LLM } from '@langchain/core/language_models/llms';
import { AIMessage, ToolMessage } from '@langchain/core/messages';
import type { ChatResult, Generation, LLMResult } from '@langchain/core/outputs';
import { BaseRetriever } from '@langchain/core/retrievers';
import { tool } from '@langchain/core/tools';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { z } from 'zod';
import { langChainMethods } from './langchain-methods.ts';
import { coverageSuite } from './suite.ts';
import { billed, local } from './unrecorded-methods.ts';

class Answering extends BaseChatModel {
  readonly #fields: object;

  constructor(fields: object) {
    super({});
    this.#fields = fields;
  }

  override _llmType(): string {
    return 'answering';
  }

  override async _generate(): Promise<ChatResult> {
    return { generations: [{ text: '', message: new AIMessage(this.#fields) }] };
  }
}

/** Awaited, a stream is its message. */
async function drained(stream: unknown): Promise<void> {
  for await (const _ of stream as AsyncIterable<unknown>);
}

traceLangChain(CallbackManager);
traceLangChain(BaseChatModel);
class Completing extends LLM {
  readonly #generation: Generation;
  readonly #output: LLMResult['llmOutput'];

  constructor(generation: Generation, output?: LLMResult['llmOutput']) {
    super({});
    this.#generation = generation;
    this.#output = output;
  }

  override _llmType(): string {
    return 'completing';
  }

  override async _call(): Promise<string> {
    return 'hi';
  }

  override async _generate(): Promise<LLMResult> {
    return {
      generations: [[this.#generation]],
      ...(this.#output !== undefined && { llmOutput: this.#output }),
    };
  }
}

class Finding extends BaseRetriever {
  lc_namespace = ['tests'];
  readonly #found: Document;

  constructor(found: Document) {
    super({});
    this.#found = found;
  }

  override async _getRelevantDocuments(): Promise<Document[]> {
    return [this.#found];
  }
}

class Telling extends Answering {
  readonly #event: ChatModelStreamEvent;

  constructor(event: ChatModelStreamEvent) {
    super({});
    this.#event = event;
  }

  override async *_streamChatModelEvents(): AsyncGenerator<ChatModelStreamEvent> {
    yield this.#event;
  }
}

const answer = (fields: object) => new Answering(fields).invoke('hi');

const NAMED = 'media are named by type and size';
const PLACED = 'told by the place among the parts';
const MADE = 'told by the step, or by the call of it';
const OF_MODELS = 'only messages of models have it';
const WHOLE = 'told again by the end of the block';
const ONE = 'the id of a text is that of its message';
/** Objects of any form, which are kept as they are. */
const skip = (path: string) =>
  /(\.value|\.args|\.output|\.metadata|providerMetadata|extras|annotations|structuredContent)$/.test(
    path,
  );

const MESSAGES = "import('@langchain/core/messages')";

coverageSuite({
  page: 'langchain',
  client: '@langchain/core 1 and @langchain/openai 1',
  types: {
    Block: "import('@langchain/core/messages').ContentBlock.Standard",
    Usage: "import('@langchain/core/messages').UsageMetadata",
    Message: `Pick<${MESSAGES}.AIMessage, 'id' | 'name' | 'tool_calls' | 'invalid_tool_calls' | 'additional_kwargs' | 'response_metadata'>`,
    ToolAnswer: `Pick<${MESSAGES}.ToolMessage, 'id' | 'name' | 'tool_call_id' | 'status' | 'artifact' | 'metadata' | 'additional_kwargs' | 'response_metadata'>`,
    Found: "Pick<import('@langchain/core/documents').Document, 'pageContent' | 'metadata' | 'id'>",
    Completion: "import('@langchain/core/outputs').Generation",
    Output: "Pick<import('@langchain/core/outputs').LLMResult, 'llmOutput'>",
    Event: "import('@langchain/core/language_models/event').ChatModelStreamEvent",
  },
  answers: [
    {
      title: 'blocks of content',
      type: 'Block',
      ask: (block) => answer({ content: [block] }),
      marks: { skip },
      leftOut: {
        '*].index[text]': PLACED,
        '*].index[number]': PLACED,
        '[text].id': ONE,
        '[reasoning].id': ONE,
        '[refusal].id': ONE,
        '*].data[text]': NAMED,
        '*].data[Uint8Array]': NAMED,
      },
    },
    {
      title: 'usage_metadata',
      type: 'Usage',
      ask: (usage) => answer({ content: 'hi', usage_metadata: usage }),
      leftOut: {},
    },
    {
      title: 'a message of a model',
      type: 'Message',
      ask: (fields: object) => answer({ content: 'hi', ...fields }),
      leftOut: {
        'invalid_tool_calls[].index*': PLACED,
        'additional_kwargs.*': 'told by tool_calls, as LangChain reads them',
        'response_metadata.output_version': 'how LangChain writes the message',
      },
    },
    {
      title: 'a text of a model',
      type: 'Completion',
      ask: (generation: Generation) => new Completing(generation).invoke('hi'),
      leftOut: {},
    },
    {
      title: 'what a model says beside its answers',
      type: 'Output',
      ask: ({ llmOutput }: LLMResult) => new Completing({ text: 'hi' }, llmOutput).invoke('hi'),
      leftOut: {},
    },
    {
      title: 'the result of a tool',
      type: 'ToolAnswer',
      ask: (fields: object) =>
        tool(async () => new ToolMessage({ content: 'hi', ...fields } as never), {
          ...{ name: 'look', schema: z.object({}) },
        }).invoke({}),
      leftOut: {
        ...{ id: MADE, name: MADE, status: 'the error of the step tells it' },
        'additional_kwargs.*': OF_MODELS,
        'response_metadata.*': OF_MODELS,
      },
    },
    {
      title: 'a document that a retriever found',
      type: 'Found',
      ask: (fields: DocumentInput) => new Finding(new Document(fields)).invoke('hi'),
      leftOut: {},
    },
    {
      title: 'an event of a stream',
      type: 'Event',
      ask: (event: ChatModelStreamEvent) =>
        drained(new Telling(event).streamEvents('hi', {}) as never),
      leftOut: {
        '*].index': 'a place in the stream',
        '[content-block-start].content*': WHOLE,
        '[content-block-delta].delta[tool-call-delta].args': WHOLE,
        '[provider]*': 'chunks of a provider are not copied beside what LangChain makes of them',
      },
    },
  ],
  tried: {
    methods: langChainMethods,
    unrecorded: {
      'OpenAIEmbeddings.*': billed(
        'LangChain has no callbacks for embeddings: their class is given to `traceLangChain`',
      ),
      'OpenAI.completionWithRetry': billed('past the callbacks: `tracedFetch` for its client'),
      'ChatOpenAI.moderateContent': 'free',
      'VectorStore.*': local('a store in the process; as a retriever it is recorded'),
    },
  },
});
