/** OpenAI's videos that fail after they were requested. All else about a video is recorded when it is requested. */

import {
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import type { Description, ModelResponse, ResultReader, Retrieval } from '../reading/shape.js';

const VIDEO = /\/videos\/([^/]+)$/;

export const openAIFailedVideo: Retrieval<'chat_completion'> = {
  operation: 'Video Result',
  type: 'chat_completion',
  idInUrl: ({ pathname }) => VIDEO.exec(pathname)?.[1],
  reader: () => new FailedVideoReader(),
};

class FailedVideoReader implements ResultReader {
  isComplete = false;
  amount = 0;
  #body: JsonObject = {};

  get resultId(): string | undefined {
    return this.#body.status === 'failed' ? stringOrUndefined(this.#body.id) : undefined;
  }

  get description(): Description | undefined {
    const { id, model } = this.#body;
    return this.resultId === undefined
      ? undefined
      : { inputs: { video: id }, model: stringOrUndefined(model), modelParameters: {} };
  }

  get failure(): unknown {
    const { error } = this.#body;
    if (this.resultId === undefined) return undefined;
    return isJsonObject(error) ? error : 'the video failed';
  }

  readWhole(body: unknown): void {
    this.#body = objectOrEmpty(body);
    this.isComplete = true;
    this.amount = 1;
  }

  readEvent(): boolean {
    return false;
  }

  endOfEvents(): void {}

  response(): ModelResponse {
    const { id, model, status } = this.#body;
    return {
      model: stringOrUndefined(model),
      metadata: { responseId: stringOrUndefined(id), finishReason: stringOrUndefined(status) },
    };
  }
}
