/** The older `POST /completions`: a text that goes on. */

import type { TokenCounts } from '@openlayer-tracing/core/integration';
import { type Json, list, record, text, without } from '../common/json.js';
import { CollectedText } from './collected-text.js';
import { deploymentOf } from './openai-chat.js';
import { openAITokens } from './openai-usage.js';
import type { Answer, AnswerReader, Shape, TextAdded } from './shape.js';

export const openAICompletions: Shape<'chat_completion'> = {
  operation: 'Completion',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    url.pathname.endsWith('/completions') &&
    !url.pathname.endsWith('/chat/completions') &&
    params.prompt !== undefined,
  describe: ({ url, params }) => ({
    inputs: { prompt: params.prompt },
    model: text(params.model) ?? deploymentOf(url),
    modelParameters: without(params, 'model', 'prompt'),
  }),
  reader: () => new CompletionReader(),
};

class CompletionReader implements AnswerReader {
  isComplete = false;
  failure: unknown = undefined;
  readonly #text = new CollectedText();
  #model: string | undefined;
  #finishReason: string | undefined;
  #tokens: TokenCounts | undefined;

  get amount(): number {
    return this.#text.chars;
  }

  whole(body: unknown): void {
    this.event(record(body));
    this.isComplete = true;
  }

  event(chunk: Json): boolean {
    if (chunk.error !== undefined && chunk.error !== null) this.failure = chunk.error;
    this.#model ??= text(chunk.model);
    this.#tokens = openAITokens(chunk.usage) ?? this.#tokens;
    const first = record(list(chunk.choices)[0]);
    this.#finishReason = text(first.finish_reason) ?? this.#finishReason;
    const piece = text(first.text) ?? '';
    this.#text.add(piece);
    return piece !== '';
  }

  added({ choices }: Json): TextAdded | undefined {
    return list(choices).length === 1 ? { key: 'text', text: this.#text } : undefined;
  }

  done(): void {
    this.isComplete = true;
  }

  answer(): Answer {
    return {
      model: this.#model,
      output: this.#text.chars > 0 ? this.#text.toString() : undefined,
      tokens: this.#tokens,
      metadata: { finishReason: this.#finishReason },
    };
  }
}
