/** The requests that Together has in addition to OpenAI's API, and the paths that are not reported. */

import {
  definedFields,
  fieldsExcept,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import { wordSet } from '../common/words.js';
import { openAIBatch } from './openai/retrievals.js';
import { openAIBilling } from './openai/usage.js';
import { openAIVideos } from './openai/videos.js';
import { PlainReader, type PlainResponse } from './reading/plain-reader.js';
import type { Description, ResultReader, Retrieval, Shape } from './reading/shape.js';
import { UnknownFields } from './reading/unknown-fields.js';
import { unreportedPaths } from './reading/unreported-paths.js';

const codeExecution: Shape<'tool'> = {
  operation: 'Code Execution',
  type: 'tool',
  matches: ({ url }) => url.pathname.endsWith('/tci/execute'),
  describe: ({ params }) => ({
    inputs: fieldsExcept(params, 'session_id'),
    modelParameters: definedFields({ session_id: params.session_id }),
  }),
  reader: () => new PlainReader(readExecution),
};

const KNOWN = wordSet('data errors error');
const KNOWN_OF_DATA = wordSet('outputs status');

function readExecution(body: unknown): PlainResponse {
  const { data, errors } = objectOrEmpty(body);
  const { outputs, status } = objectOrEmpty(data);
  const unknown = new UnknownFields();
  unknown.add(objectOrEmpty(body), KNOWN);
  unknown.add(objectOrEmpty(data), KNOWN_OF_DATA);
  const [first] = Array.isArray(errors) ? errors : [];
  return {
    output: outputs ?? errors,
    metadata: { finishReason: status },
    details: unknown.fields,
    fields: { functionName: 'code_interpreter' },
    ...(first !== undefined && { failure: first }),
  };
}

const video: Shape<'chat_completion'> = {
  ...openAIVideos,
  reader(request) {
    const reader = openAIVideos.reader(request);
    // The result, which is a step of its own, states the cost.
    return new PlainReader((body) => {
      reader.readWhole(body);
      const acceptedId = stringOrUndefined(objectOrEmpty(body).id);
      return { ...reader.response(), billing: {}, failure: reader.failure, acceptedId };
    });
  },
};

export const togetherShapes: readonly Shape[] = [video, codeExecution];

const VIDEO = /\/videos\/([^/]+)$/;

const togetherVideo: Retrieval<'chat_completion'> = {
  operation: 'Video Result',
  type: 'chat_completion',
  idInUrl: ({ pathname }) => VIDEO.exec(pathname)?.[1],
  reader: () => new VideoReader(),
};

const KNOWN_OF_VIDEO = ['id', 'model', 'status', 'error', 'outputs', 'object'];

/** Reads a video that is complete or has failed. */
class VideoReader extends PlainReader implements ResultReader {
  #body: JsonObject = {};

  constructor() {
    super((body) => {
      this.#body = objectOrEmpty(body);
      return this.#read();
    });
  }

  get resultId(): string | undefined {
    return this.#isOver ? stringOrUndefined(this.#body.id) : undefined;
  }

  get description(): Description | undefined {
    const { id, model } = this.#body;
    return this.#isOver
      ? { inputs: { video: id }, model: stringOrUndefined(model), modelParameters: {} }
      : undefined;
  }

  get #isOver(): boolean {
    return this.#body.status === 'completed' || this.#body.status === 'failed';
  }

  #read(): PlainResponse {
    const { id, model, status, error, outputs } = this.#body;
    return {
      model: stringOrUndefined(model),
      output: outputs,
      billing: openAIBilling(objectOrEmpty(outputs)),
      metadata: { responseId: stringOrUndefined(id), finishReason: stringOrUndefined(status) },
      details: fieldsExcept(this.#body, ...KNOWN_OF_VIDEO),
      ...(status === 'failed' && { failure: error ?? 'the video failed' }),
    };
  }
}

export const togetherRetrievals: readonly Retrieval[] = [openAIBatch, togetherVideo];

/** POST paths that cost nothing by themselves. Deployments and clusters are billed by the hour, not by the call. */
export const TOGETHER_UNREPORTED = unreportedPaths(`
  files
  batches
  batches/*/cancel
  models
  endpoints/*/adapters
  projects/*/models
  projects/*/models/**
  projects/*/endpoints
  projects/*/endpoints/*/abExperiments
  projects/*/endpoints/*/rollouts
  projects/*/endpoints/*/rollouts/**
  projects/*/endpoints/*/shadowExperiments
  projects/*/endpoints/*/shadowExperiments/**
  projects/*/endpoints/*/deployments/*/adapters
  deployments/secrets
  compute/clusters/*/instances/**
  fine-tunes/preview
  fine-tunes/estimate-price
  fine-tunes/*/cancel
  queue/clear
  queue/cancel
`);
