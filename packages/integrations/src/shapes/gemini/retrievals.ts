/** Results of Google that an app fetches later than it requests them: videos, background turns and batches. */

import { withoutMedia } from '../../common/content/media.js';
import {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { BatchTotal, batchFailure } from '../reading/batch-total.js';
import { readWhole } from '../reading/read-whole.js';
import type {
  Description,
  ModelRequest,
  ModelResponse,
  ResultReader,
  Retrieval,
} from '../reading/shape.js';
import { geminiGenerate } from './generate.js';
import { describeInteraction, InteractionReader, isPending } from './interactions.js';

const OPERATION = /\/((?:models|publishers)\/[^:]*\/operations\/[^/:]+)$/;

/** Videos. The Gemini API returns them by the name in the URL, Vertex AI by a POST with the name. */
const geminiVideoResult: Retrieval<'chat_completion'> = {
  operation: 'Video Result',
  type: 'chat_completion',
  idInUrl: ({ pathname }) => OPERATION.exec(pathname)?.[1],
  idInBody: ({ url, params }: ModelRequest) =>
    url.pathname.endsWith(':fetchPredictOperation')
      ? stringOrUndefined(params.operationName)
      : undefined,
  reader: () => new VideoReader(),
};

/** Reads a JSON object that is a result once its state says that it is done. */
abstract class WholeResult implements ResultReader {
  isComplete = false;
  amount = 0;
  protected body: JsonObject = {};

  abstract readonly description: Description | undefined;
  abstract readonly resultId: string | undefined;
  abstract response(): ModelResponse;

  get failure(): unknown {
    return this.body.error ?? undefined;
  }

  readWhole(body: unknown): void {
    this.body = objectOrEmpty(body);
    this.isComplete = this.resultId !== undefined;
    this.amount = 1;
  }

  readEvent(body: JsonObject): boolean {
    this.readWhole(body);
    return true;
  }

  endOfEvents(): void {}
}

class VideoReader extends WholeResult {
  get resultId(): string | undefined {
    return this.body.done === true ? stringOrUndefined(this.body.name) : undefined;
  }

  get description(): Description | undefined {
    const { name } = this.body;
    const model = /\/models\/([^/]+)\/operations\//.exec(`/${stringOrUndefined(name) ?? ''}`)?.[1];
    return this.resultId === undefined
      ? undefined
      : { inputs: { operation: name }, model, modelParameters: {} };
  }

  response(): ModelResponse {
    const { name: _name, done: _done, response, error: _error, ...unknown } = this.body;
    const result = objectOrEmpty(response);
    const videoResponse = objectOrEmpty(result.generateVideoResponse ?? result);
    const videos = arrayOrEmpty(videoResponse.generatedSamples ?? videoResponse.videos);
    return {
      output: videos.length > 0 ? videos.map((video) => withoutMedia(video)) : undefined,
      billing: videos.length > 0 ? { units: { videos: videos.length } } : {},
      details: {
        ...unknown,
        ...fieldsExcept(videoResponse, 'generatedSamples', 'videos', '@type'),
      },
    };
  }
}

const INTERACTION = /\/interactions\/([^/:]+)$/;
const geminiBackground: Retrieval<'chat_completion'> = {
  operation: 'Interaction',
  type: 'chat_completion',
  idInUrl: ({ pathname }) => INTERACTION.exec(pathname)?.[1],
  reader: () => new BackgroundReader(),
};

class BackgroundReader extends InteractionReader implements ResultReader {
  /** Undefined for a turn that was recorded when it was requested: one that was neither pending nor of an agent. */
  get description(): Description | undefined {
    const { resultId, repeatedRequest: echo } = this;
    if (resultId === undefined) return undefined;
    if (!isPending(resultId) && echo.agent === undefined) return undefined;
    return describeInteraction(echo);
  }
}

const BATCH = /\/(batches\/[^/:]+)$/;

const geminiBatch: Retrieval<'chat_completion'> = {
  operation: 'Batch',
  type: 'chat_completion',
  idInUrl: ({ pathname }) => BATCH.exec(pathname)?.[1],
  reader: (url) => new BatchReader(url),
};

/** Adds up the responses in a batch. Responses in a file are not read. */
class BatchReader extends WholeResult {
  readonly #url: URL;

  constructor(url: URL) {
    super();
    this.#url = url;
  }

  get resultId(): string | undefined {
    return this.#responses.length > 0 ? stringOrUndefined(this.body.name) : undefined;
  }

  override get failure(): unknown {
    const failed = this.#failed;
    const succeeded = this.#responses.length - failed.length;
    return super.failure ?? batchFailure(succeeded, failed.length, failed[0]);
  }

  get description(): Description | undefined {
    const { model, displayName } = objectOrEmpty(this.body.metadata);
    return this.resultId === undefined
      ? undefined
      : {
          inputs: definedFields({ batch: this.body.name, displayName }),
          model: stringOrUndefined(model),
          modelParameters: {},
        };
  }

  response(): ModelResponse {
    const total = new BatchTotal();
    for (const each of this.#responses) {
      const { response, error } = objectOrEmpty(each);
      if (isJsonObject(error)) total.addError(error);
      if (isJsonObject(response)) total.add(this.#responseOf(response));
    }
    const failed = this.#failed.length;
    const output = { answers: this.#responses.length - failed, failed };
    return total.responseWith(output, {
      batchStats: objectOrEmpty(this.body.metadata).batchStats,
    });
  }

  /** A response of the batch as if it had been the response to its request. */
  #responseOf(response: JsonObject): ModelResponse {
    const { usageMetadata, tokenCount } = response;
    // The response of an embedding.
    if (usageMetadata === undefined) return { tokens: { input: countOrUndefined(tokenCount) } };
    return readWhole(geminiGenerate, response, this.#url).response();
  }

  /** The errors of the requests that failed. */
  get #failed(): readonly unknown[] {
    return this.#responses.map((each) => objectOrEmpty(each).error).filter(isJsonObject);
  }

  get #responses(): readonly unknown[] {
    const { response, metadata } = this.body;
    const output = isJsonObject(response)
      ? response
      : objectOrEmpty(objectOrEmpty(metadata).output);
    const inlined = objectOrEmpty(output.inlinedResponses ?? output.inlinedEmbedContentResponses);
    return arrayOrEmpty(inlined.inlinedResponses ?? inlined.inlinedEmbedContentResponses);
  }
}

export const geminiRetrievals: readonly Retrieval[] = [
  geminiVideoResult,
  geminiBackground,
  geminiBatch,
];
