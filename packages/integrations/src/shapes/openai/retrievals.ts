/** Results of OpenAI that an app fetches later than it requests them: background responses, runs, batches and failed videos. */

import {
  fieldsNamed,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
} from '../../common/json.js';
import { wordArray } from '../../common/words.js';
import { BatchTotal, batchFailure } from '../reading/batch-total.js';
import { readWhole } from '../reading/read-whole.js';
import type {
  Description,
  ModelResponse,
  ResultReader,
  Retrieval,
  Shape,
} from '../reading/shape.js';
import { openAIChat } from './chat.js';
import { openAICompletions } from './completions.js';
import { openAIEmbeddings } from './embeddings.js';
import { openAIFailedVideo } from './failed-video.js';
import { openAIImages } from './images.js';
import { OpenAIResponseReader, openAIResponses } from './responses.js';
import { openAIRun } from './runs.js';

const RESPONSE = /\/responses\/([^/]+)$/;
const FILE = /\/files\/([^/]+)\/content$/;

const openAIBackgroundResponse: Retrieval<'chat_completion'> = {
  operation: 'Response',
  type: 'chat_completion',
  idInUrl: ({ pathname }) => RESPONSE.exec(pathname)?.[1],
  reader: () => new BackgroundReader(),
};

/** Parameters of the request that a response repeats. */
const PARAMETERS = wordArray(`
  background max_output_tokens max_tool_calls metadata parallel_tool_calls reasoning
  safety_identifier temperature text tool_choice top_logprobs top_p truncation user
  prompt_cache_key
`);

class BackgroundReader extends OpenAIResponseReader implements ResultReader {
  constructor() {
    super({});
  }

  /** Undefined for a response that was not created in the background: it was recorded when it was created. */
  get description(): Description | undefined {
    const { body } = this;
    if (this.resultId === undefined || body.background !== true) return undefined;
    return {
      inputs: {},
      model: stringOrUndefined(body.model),
      modelParameters: presentFields(fieldsNamed(body, PARAMETERS)),
    };
  }
}

export const openAIBatch: Retrieval<'chat_completion'> = {
  operation: 'Batch',
  type: 'chat_completion',
  isLines: true,
  mayBeResult: (line) => line.startsWith('{') && /"custom_id"\s*:/.test(line),
  idInUrl: ({ pathname }) => FILE.exec(pathname)?.[1],
  reader: (url) => new BatchReader(FILE.exec(url.pathname)?.[1] ?? ''),
};

function shapeOfBody({ object, data, choices }: JsonObject): Shape {
  if (object === 'response') return openAIResponses;
  if (object === 'text_completion') return openAICompletions;
  if (choices !== undefined || !Array.isArray(data)) return openAIChat;
  return object === 'list' ? openAIEmbeddings : openAIImages;
}

/** Adds up the responses of a batch, which are the lines of a file. */
class BatchReader implements ResultReader {
  isComplete = false;
  readonly resultId: string;
  readonly #total = new BatchTotal();
  #succeeded = 0;
  #failed = 0;
  /** Whether the file has responses of a batch; undefined until the first line has been read. */
  #isOfBatch: boolean | undefined;

  constructor(id: string) {
    this.resultId = id;
  }

  get amount(): number {
    return this.#succeeded + this.#failed;
  }

  get description(): Description | undefined {
    return this.#isOfBatch === true
      ? { inputs: { file: this.resultId }, modelParameters: {} }
      : undefined;
  }

  get failure(): unknown {
    return batchFailure(this.#succeeded, this.#failed, this.#total.firstError);
  }

  /** Whether the rest of the file need not be read. */
  get isOver(): boolean {
    return this.#isOfBatch === false;
  }

  readWhole(body: unknown): void {
    if (isJsonObject(body)) this.readEvent(body);
    this.isComplete = true;
  }

  readEvent(line: JsonObject): boolean {
    this.#isOfBatch ??=
      typeof line.custom_id === 'string' && ('response' in line || 'error' in line);
    if (!this.#isOfBatch) return false;
    const { response, error } = line;
    const { status_code: status, body } = objectOrEmpty(response);
    const isFailure = isJsonObject(error) || (typeof status === 'number' && status >= 400);
    if (!isFailure) this.#succeeded++;
    else {
      this.#failed++;
      this.#total.addError(error ?? objectOrEmpty(body).error);
    }
    if (isJsonObject(body) && !isFailure)
      this.#total.add(readWhole(shapeOfBody(body), body).response());
    return true;
  }

  endOfEvents(): void {}

  response(): ModelResponse {
    const output = { answers: this.#succeeded, failed: this.#failed };
    return this.#total.responseWith(output, { answers: this.#succeeded });
  }
}

export const openAIRetrievals: readonly Retrieval[] = [
  openAIBackgroundResponse,
  openAIRun,
  openAIBatch,
  openAIFailedVideo,
];
