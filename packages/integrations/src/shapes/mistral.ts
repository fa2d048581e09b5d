/** Mistral's API: OpenAI's, but for content in parts, completions in the middle, and agents. */

import { isRecord, type Json, list, record, text, without } from '../common/json.js';
import { openAIChat } from './openai-chat.js';
import { openAIEmbeddings } from './openai-embeddings.js';
import { openAIModerations } from './openai-moderations.js';
import type { AnswerReader, ModelRequest, Shape, TextAdded } from './shape.js';

const mistralChat: Shape<'chat_completion'> = {
  ...openAIChat,
  matches: ({ url, params }) =>
    /\/(chat|agents)\/completions$/.test(url.pathname) && Array.isArray(params.messages),
  reader: (request) => new PartsReader(openAIChat.reader(request)),
};

/** Code between a prompt and what follows it. */
const mistralFim: Shape<'chat_completion'> = {
  ...mistralChat,
  operation: 'Completion',
  matches: ({ url, params }) =>
    url.pathname.endsWith('/fim/completions') && params.prompt !== undefined,
  describe: ({ params }: ModelRequest) => ({
    inputs: {
      prompt: [{ role: 'user', content: params.prompt }],
      ...(params.suffix !== undefined && { suffix: params.suffix }),
    },
    model: text(params.model),
    modelParameters: without(params, 'model', 'prompt', 'suffix'),
  }),
};

export const mistralShapes: readonly Shape[] = [
  mistralChat,
  mistralFim,
  openAIEmbeddings,
  openAIModerations,
];

/** Reads a chat as OpenAI's, once its parts are texts. */
class PartsReader implements AnswerReader {
  readonly #reader: AnswerReader;
  isOver = false;

  constructor(reader: AnswerReader) {
    this.#reader = reader;
  }

  get isComplete(): boolean {
    return this.#reader.isComplete;
  }

  get failure(): unknown {
    return this.#reader.failure;
  }

  get amount(): number {
    return this.#reader.amount;
  }

  whole(body: unknown): void {
    this.#reader.whole(withTexts(record(body), 'message'));
  }

  event(chunk: Json): boolean {
    const isContent = this.#reader.event(withTexts(chunk, 'delta'));
    // The last chunk alone has the tokens.
    if (isRecord(chunk.usage)) {
      this.isOver = true;
      this.#reader.done();
    }
    return isContent;
  }

  added(chunk: Json): TextAdded | undefined {
    return hasTexts(chunk, 'delta') ? this.#reader.added?.(chunk) : undefined;
  }

  done(): void {
    this.#reader.done();
  }

  answer() {
    return this.#reader.answer();
  }
}

function hasTexts(body: Json, key: 'message' | 'delta'): boolean {
  return list(body.choices).every((each) => !Array.isArray(record(record(each)[key]).content));
}

function withTexts(body: Json, key: 'message' | 'delta'): Json {
  if (hasTexts(body, key)) return body;
  const plain = list(body.choices).map((each) => {
    const choice = record(each);
    const said = record(choice[key]);
    const parts = list(said.content).map(record);
    return {
      ...choice,
      [key]: {
        ...said,
        content: textsOf(parts),
        reasoning_content: parts.map(({ thinking }) => textsOf(list(thinking))).join(''),
      },
    };
  });
  return { ...body, choices: plain };
}

function textsOf(parts: readonly unknown[]): string {
  return parts.map((part) => text(record(part).text) ?? '').join('');
}
