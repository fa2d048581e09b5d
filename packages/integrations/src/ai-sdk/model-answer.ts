/** What a model says through the AI SDK, in one piece or part by part. */

import { type StepUpdate, tokenFields } from '@openlayer-tracing/core/integration';
import { isRecord, type Json, list, record, text, without } from '../common/json.js';
import { Message } from '../shapes/message.js';
import { aiModel, aiTokens, reasoningTokens } from './facts.js';

export class ModelAnswer {
  readonly message = new Message();
  #facts: StepUpdate = {};
  #metadata: Json = {};

  /** Fields of the step's type. */
  get facts(): StepUpdate {
    return this.#facts;
  }

  get metadata(): Json {
    return this.#metadata;
  }

  /** How much of it has come. */
  get amount(): number {
    return this.message.amount;
  }

  whole(said: Json): void {
    for (const part of list(said.content)) this.part(record(part));
    const { objectText, embeddings } = said;
    if (typeof objectText === 'string') this.message.text.add(objectText);
    this.#head(said);
    if (embeddings === undefined) return;
    const [first] = list(embeddings);
    this.#facts = {
      ...this.#facts,
      embeddingCount: list(embeddings).length,
      ...(Array.isArray(first) && { embeddingDimensions: first.length }),
    };
  }

  part(part: Json): void {
    switch (part.type) {
      case 'text':
        this.message.text.add(text(part.text) ?? '');
        break;
      case 'text-delta':
        this.message.text.add(text(part.delta) ?? '');
        break;
      case 'reasoning':
        this.message.reasoning.add(text(part.text) ?? '');
        break;
      case 'reasoning-delta':
        this.message.reasoning.add(text(part.delta) ?? '');
        break;
      case 'tool-call':
        this.message.addTool(text(part.toolCallId), text(part.toolName), part.input);
        break;
      case 'file':
        this.message.others.push(part);
        break;
      case 'response-metadata':
        this.#head({ response: part });
        break;
      case 'finish':
        this.#head(part);
        break;
    }
  }

  #head(said: Json): void {
    const { response, finishReason, usage } = said;
    const { id, modelId } = record(response);
    // Up to 5 a text, then an object of the SDK's word and the provider's.
    const why = isRecord(finishReason) ? finishReason.unified : finishReason;
    this.#metadata = {
      ...this.#metadata,
      ...without({
        responseId: text(id),
        finishReason: text(why),
        reasoningTokens: reasoningTokens(usage),
      }),
    };
    const tokens = aiTokens(usage);
    this.#facts = {
      ...this.#facts,
      ...(typeof modelId === 'string' && { model: aiModel(modelId) }),
      ...(tokens && tokenFields(tokens)),
    };
  }
}
