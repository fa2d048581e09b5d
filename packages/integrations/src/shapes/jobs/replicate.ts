/** Replicate's predictions: created by a POST, which may wait for the result; then polled or streamed. */

import type { TokenCounts } from '@openlayer-tracing/core/integration';
import {
  arrayOrEmpty,
  countOrUndefined,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
  tryParseJson,
} from '../../common/json.js';
import { wordArray } from '../../common/words.js';
import { CollectedText } from '../reading/collected-text.js';
import type { ModelResponse } from '../reading/shape.js';
import { describeInput, type JobPurpose, type JobReader, type JobShape } from './job.js';

const CREATE_PATH = /\/v1\/(?:(?:models|deployments)\/([^/]+\/[^/]+)\/)?predictions$/;
/** Fields that have a field of their own in the step, and fields of no interest. */
const KNOWN = wordArray(`
  id model version input output error status metrics urls webhook created_at started_at
  completed_at data_removed webhook_events_filter
`);
const FURTHER_PATH = /\/(predictions\/[^/]+(?:\/cancel)?)$/;

export const replicatePredictions: JobShape = {
  operation: 'Prediction',
  type: 'chat_completion',
  matches: ({ url, params }) => CREATE_PATH.test(url.pathname) && isJsonObject(params.input),
  describe: ({ url, params: { input, model, version } }) => ({
    ...describeInput(objectOrEmpty(input)),
    model:
      CREATE_PATH.exec(url.pathname)?.[1] ?? stringOrUndefined(model) ?? stringOrUndefined(version),
  }),
  // Streams have URLs of their own.
  requestNameOf: (url) => FURTHER_PATH.exec(url.pathname)?.[1] ?? url.origin + url.pathname,
  reader: () => new PredictionReader(),
};

class PredictionReader implements JobReader {
  isComplete = false;
  failure: unknown = undefined;
  purposes: Readonly<Record<string, JobPurpose>> = {};
  readonly #streamed = new CollectedText();
  #prediction: JsonObject = {};
  /** The number of responses with the state. */
  #responses = 0;

  get amount(): number {
    return this.#streamed.chars + this.#responses;
  }

  readResponse(purpose: JobPurpose, body: unknown): void {
    const prediction = objectOrEmpty(body);
    const { id, status, webhook, urls, error } = prediction;
    this.#prediction = prediction;
    this.#responses++;
    if (purpose === 'create' && typeof id === 'string' && !webhook)
      this.purposes = purposesOf(id, urls);
    this.isComplete = /^(succeeded|failed|canceled|aborted)$/.test(String(status));
    if (status === 'failed') this.failure = error ?? 'the prediction failed';
  }

  readEvent(_purpose: JobPurpose, name: string, data: string): boolean {
    if (name === 'error') this.failure = objectOrEmpty(tryParseJson(data)).detail ?? data;
    if (name === 'error' || name === 'done') this.isComplete = true;
    if (name !== 'output') return false;
    this.#streamed.add(data);
    return true;
  }

  response(): ModelResponse {
    const { id, output, metrics, version, status } = this.#prediction;
    const seconds = countOrUndefined(objectOrEmpty(metrics).predict_time);
    return {
      output: outputOf(output) ?? this.#streamed.textOrUndefined,
      tokens: predictionTokens(objectOrEmpty(metrics)),
      ...(seconds !== undefined && { billing: { units: { predict_seconds: seconds } } }),
      metadata: {
        responseId: stringOrUndefined(id),
        version: stringOrUndefined(version),
        // For a stream, the known state is the one at the start.
        ...(this.isComplete &&
          this.#streamed.chars === 0 && { finishReason: stringOrUndefined(status) }),
        ...(isJsonObject(metrics) && Object.keys(metrics).length > 0 && { metrics }),
      },
      details: fieldsExcept(this.#prediction, ...KNOWN),
    };
  }
}

/** The purposes of further requests, by their names. */
function purposesOf(id: string, urls: unknown): Record<string, JobPurpose> {
  const stream = stringOrUndefined(objectOrEmpty(urls).stream);
  return {
    [`predictions/${id}`]: 'state',
    [`predictions/${id}/cancel`]: 'state',
    ...(stream !== undefined && URL.canParse(stream) && { [addressOf(stream)]: 'stream' }),
  };
}

function addressOf(address: string): string {
  const { origin, pathname } = new URL(address);
  return origin + pathname;
}

/** The output, with the pieces of a text joined. */
function outputOf(output: unknown): unknown {
  const pieces = arrayOrEmpty(output);
  const isText = pieces.length > 0 && pieces.every((piece) => isPieceOfText(piece));
  return isText ? pieces.join('') : (output ?? undefined);
}

function isPieceOfText(piece: unknown): boolean {
  return typeof piece === 'string' && !/^(https?|data):/.test(piece);
}

function predictionTokens(metrics: JsonObject): TokenCounts | undefined {
  const input = countOrUndefined(metrics.input_token_count);
  const output = countOrUndefined(metrics.output_token_count);
  return input === undefined && output === undefined ? undefined : { input, output };
}
