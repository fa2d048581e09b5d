/** fal's models, which run by one request, as a stream, or in a queue that the client polls. */

import {
  countOrUndefined,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
  tryParseJson,
} from '../../common/json.js';
import type { ModelResponse } from '../reading/shape.js';
import { describeInput, type JobPurpose, type JobReader, type JobShape } from './job.js';

const HOST = /^(queue\.)?fal\.run$/;
/** Requests that Hugging Face's router passes on to fal. */
const ROUTED = /^https:\/\/router\.huggingface\.co\/fal-ai\//;
const REQUEST = /\/(requests\/[^/]+(?:\/(?:status(?:\/stream)?|cancel))?)$/;

export const falRequests: JobShape = {
  operation: 'Inference',
  type: 'chat_completion',
  matches: ({ url }) =>
    (HOST.test(url.hostname) || ROUTED.test(url.href)) && !REQUEST.test(url.pathname),
  describe: ({ url, params }) => ({
    ...describeInput(params),
    model: url.pathname
      .slice(ROUTED.test(url.href) ? '/fal-ai/'.length : 1)
      .replace(/\/stream$/, ''),
  }),
  requestNameOf: (url) => REQUEST.exec(url.pathname)?.[1],
  reader: (url) => new RequestReader(url),
};

class RequestReader implements JobReader {
  isComplete = false;
  failure: unknown = undefined;
  purposes: Readonly<Record<string, JobPurpose>> = {};
  amount = 0;
  readonly #isQueued: boolean;
  readonly #hasWebhook: boolean;
  #output: unknown;
  #id: string | undefined;
  #status: string | undefined;
  #seconds: number | undefined;
  #units: number | undefined;

  constructor(url: URL) {
    const subdomain = url.searchParams.get('_subdomain');
    this.#isQueued = url.hostname.startsWith('queue.') || subdomain === 'queue';
    this.#hasWebhook = url.searchParams.has('fal_webhook');
  }

  readResponse(
    purpose: JobPurpose,
    body: unknown,
    headerOf: (name: string) => string | undefined,
  ): void {
    this.amount++;
    this.#id ??= headerOf('x-fal-request-id');
    const units = Number(headerOf('x-fal-billable-units') ?? Number.NaN);
    if (units >= 0) this.#units = units;
    if (purpose === 'result' || (purpose === 'create' && !this.#isQueued)) {
      this.#output = body;
      this.isComplete = true;
    } else if (purpose === 'stop') {
      this.#status = 'CANCELLED';
      this.isComplete = true;
    } else this.#readState(purpose, objectOrEmpty(body));
  }

  /** Each event of a stream has the whole output so far; events of the queue have the state. */
  readEvent(purpose: JobPurpose, _name: string, data: string): boolean {
    const value = tryParseJson(data);
    if (purpose !== 'create') {
      this.#readState(purpose, objectOrEmpty(value));
      return false;
    }
    this.amount++;
    if (isJsonObject(value) && isJsonObject(value.error)) this.failure = value.error;
    else this.#output = value ?? data;
    return true;
  }

  response(): ModelResponse {
    const output = outputOf(this.#output);
    return {
      output,
      ...(this.#units !== undefined && { billing: { units: { billable_units: this.#units } } }),
      metadata: {
        responseId: this.#id,
        finishReason: this.#status,
        inferenceSeconds: this.#seconds,
      },
    };
  }

  #readState(purpose: JobPurpose, { request_id, status, metrics, error }: JsonObject): void {
    this.#id = stringOrUndefined(request_id) ?? this.#id;
    this.#seconds = countOrUndefined(objectOrEmpty(metrics).inference_time) ?? this.#seconds;
    // If the result is fetched too, it states more about the failure.
    if (status === 'COMPLETED' && typeof error === 'string') this.failure = error;
    if (purpose === 'create' && this.#id !== undefined && !this.#hasWebhook) {
      const name = `requests/${this.#id}`;
      this.purposes = {
        [name]: 'result',
        [`${name}/status`]: 'state',
        [`${name}/status/stream`]: 'state',
        [`${name}/cancel`]: 'stop',
      };
    }
  }
}

/** The text of models that write, else the whole body. */
function outputOf(body: unknown): unknown {
  const { output, ...others } = objectOrEmpty(body);
  const isAlone = Object.keys(others).every((key) => /^(partial|error|reasoning)$/.test(key));
  return typeof output === 'string' && isAlone ? output : body;
}
