/**
 * Jobs of gateways, which respond with an id that the client polls: OpenRouter's videos, and the jobs that Hugging Face's router
 * passes on to Novita, WaveSpeed, Z.ai and Together.
 */

import { withoutMedia } from '../../common/content/media.js';
import {
  fieldsExcept,
  type JsonObject,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
} from '../../common/json.js';
import { wordArray } from '../../common/words.js';
import { openAIBilling } from '../openai/usage.js';
import type { ModelResponse } from '../reading/shape.js';
import { describeInput, type JobPurpose, type JobReader, type JobShape } from './job.js';

const OPENROUTER = /^https:\/\/openrouter\.ai\/api\/v1\/videos$/;
const ROUTER = 'https://router.huggingface.co/';
const ROUTED =
  /^(?:novita\/v3\/(?:async|minimax\/v\d)\/|wavespeed\/api\/v3\/(?!predictions\/)|zai-org\/api\/paas\/v4\/async\/|together\/v\d\/videos$)/;

export const gatewayJobs: JobShape = {
  operation: 'Inference',
  type: 'chat_completion',
  matches: ({ url }) => OPENROUTER.test(addressOf(url)) || routeOf(url) !== undefined,
  describe: ({ url, params }) => {
    const { model, model_name, ...input } = params;
    const inPath = /^wavespeed\/api\/v3\/(.+)$/.exec(routeOf(url) ?? '')?.[1];
    return {
      ...describeInput(input),
      model: stringOrUndefined(model) ?? stringOrUndefined(model_name) ?? inPath,
    };
  },
  requestNameOf: (url) =>
    requestName(url, url.searchParams.get('task_id') ?? lastPartOf(url.pathname)),
  reader: (url) => new GatewayJobReader(url),
};

function addressOf({ origin, pathname }: URL): string {
  return origin + pathname;
}

function routeOf(url: URL): string | undefined {
  const address = addressOf(url);
  const route = address.startsWith(ROUTER) ? address.slice(ROUTER.length) : '';
  return ROUTED.test(route) ? route : undefined;
}

/** The id of a job in a path. WaveSpeed's results are one level below it. */
function lastPartOf(path: string): string {
  return path.replace(/\/result$/, '').replace(/^.*\//, '');
}

function requestName({ hostname }: URL, id: string): string {
  return `${hostname}/${id}`;
}

/** Fields that have a field of their own in the step, and fields of no interest. */
const KNOWN = wordArray(`
  id task_id request_id status task_status error usage model task polling_url generation_id
  urls created_at completed_at object code
`);

class GatewayJobReader implements JobReader {
  isComplete = false;
  failure: unknown = undefined;
  purposes: Readonly<Record<string, JobPurpose>> = {};
  amount = 0;
  readonly #url: URL;
  #id: string | undefined;
  #state: JsonObject = {};

  constructor(url: URL) {
    this.#url = url;
  }

  readResponse(purpose: JobPurpose, body: unknown): void {
    this.amount++;
    // The state is under `task` or `data`, or beside the output.
    const { data, task, ...others } = objectOrEmpty(body);
    const state = presentFields({ ...others, ...objectOrEmpty(data), ...objectOrEmpty(task) });
    this.#state = state;
    this.#id ??= stringOrUndefined(state.id) ?? stringOrUndefined(state.task_id);
    if (purpose === 'create' && this.#id !== undefined && state.callback_url === undefined) {
      this.purposes = { [requestName(this.#url, this.#id)]: 'state' };
    }
    const status = this.#status;
    if (/^(failed|fail|error|cancell?ed|expired|task_status_failed)$/i.test(status)) {
      this.failure = state.error ?? state.reason ?? `the job is ${status}`;
    }
    this.isComplete = /^(completed|succeeded|success|task_status_succeed)$/i.test(status);
  }

  readEvent(): boolean {
    return false;
  }

  response(): ModelResponse {
    const otherFields = fieldsExcept(this.#state, ...KNOWN);
    const outputs = this.#state.outputs;
    const cost = objectOrEmpty(outputs).cost;
    const usage = {
      ...(typeof cost === 'number' && { cost }),
      ...objectOrEmpty(this.#state.usage),
    };
    return {
      model: stringOrUndefined(this.#state.model),
      output: this.isComplete ? withoutMedia(outputs ?? otherFields) : undefined,
      billing: openAIBilling(usage),
      metadata: { responseId: this.#id, finishReason: this.#status || undefined },
      details: outputs === undefined ? {} : fieldsExcept(otherFields, 'outputs'),
    };
  }

  get #status(): string {
    return (
      stringOrUndefined(this.#state.status) ?? stringOrUndefined(this.#state.task_status) ?? ''
    );
  }
}
