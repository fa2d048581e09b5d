/** Runs of OpenAI's assistants: `POST /threads/runs`, `POST /threads/{id}/runs`. */

import type { Billing } from '@openlayer-tracing/core/integration';
import { withoutMedia } from '../../common/content/media.js';
import {
  arrayOrEmpty,
  definedFields,
  fieldsExcept,
  fieldsNamed,
  isJsonObject,
  type JsonObject,
  knownFirst,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
} from '../../common/json.js';
import { wordArray, wordSet } from '../../common/words.js';
import { Message } from '../reading/message.js';
import type {
  Description,
  ModelResponse,
  ResponseReader,
  ResultReader,
  Retrieval,
  Shape,
} from '../reading/shape.js';
import { UnknownFields } from '../reading/unknown-fields.js';
import { OpenAIUsage } from './usage.js';

const START = /\/threads\/(?:[^/]+\/)?runs$/;
const OUTPUTS = /\/threads\/[^/]+\/runs\/[^/]+\/submit_tool_outputs$/;
const RUN = /\/threads\/[^/]+\/runs\/([^/]+)$/;

export const openAIRuns: Shape<'chat_completion'> = {
  operation: 'Assistant Run',
  type: 'chat_completion',
  // A run that continues without a stream is recorded when it is fetched.
  matches: ({ url, params }) =>
    START.test(url.pathname) || (OUTPUTS.test(url.pathname) && params.stream === true),
  describe: ({ params }) => describeRun(params),
  reader: ({ params }) => new RunReader(params),
};

function describeRun(params: JsonObject): Description {
  const { thread, additional_messages, instructions, tool_outputs, tools } = params;
  const messages = [
    ...arrayOrEmpty(objectOrEmpty(thread).messages),
    ...arrayOrEmpty(additional_messages),
  ];
  return {
    inputs: {
      ...(messages.length > 0 && { prompt: messages }),
      ...definedFields({ instructions, tool_outputs, tools }),
    },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, ...INPUTS),
  };
}

const INPUTS = wordArray('model thread additional_messages instructions tool_outputs tools');

export const openAIRun: Retrieval<'chat_completion'> = {
  operation: 'Assistant Run',
  type: 'chat_completion',
  idInUrl: ({ pathname }) => RUN.exec(pathname)?.[1],
  reader: () => new RunReader(),
};

const KNOWN = wordSet(`
  id object created_at started_at completed_at cancelled_at failed_at expires_at status model
  usage last_error required_action incomplete_details instructions tools temperature top_p
  tool_choice max_completion_tokens max_prompt_tokens parallel_tool_calls response_format
  truncation_strategy metadata
`);
/** Parameters that a run repeats. */
const STORED = wordArray('instructions tools');
const PARAMETERS = wordArray(`
  temperature top_p tool_choice max_completion_tokens max_prompt_tokens parallel_tool_calls
  response_format truncation_strategy metadata
`);
/** Only in responses does a file search cost something per call. */
const BILLED = wordSet('code_interpreter');
const ENDED = /^(completed|incomplete|failed|expired|cancelled)$/;

class RunReader implements ResponseReader, ResultReader {
  readonly hasEndMarker = true;
  isComplete = false;
  isOver = false;
  failure: unknown = undefined;
  readonly #message = new Message();
  readonly #unknown = new UnknownFields();
  readonly #usage = new OpenAIUsage();
  readonly #params: JsonObject | undefined;
  /** The number of uses of each of OpenAI's own tools. */
  readonly #toolUses = new Map<string, number>();
  #isStream = false;
  #run: JsonObject = {};

  /** @param params the fields of the request; undefined if the run is fetched */
  constructor(params?: JsonObject) {
    this.#params = params;
  }

  get amount(): number {
    return this.#message.amount;
  }

  get resultId(): string | undefined {
    return ENDED.test(String(this.#run.status)) ? stringOrUndefined(this.#run.id) : undefined;
  }

  get acceptedId(): string | undefined {
    return this.resultId === undefined ? stringOrUndefined(this.#run.id) : undefined;
  }

  get description(): Description | undefined {
    if (this.resultId === undefined) return undefined;
    const run = this.#run;
    return {
      inputs: presentFields(fieldsNamed(run, STORED)),
      model: stringOrUndefined(run.model),
      modelParameters: presentFields(fieldsNamed(run, PARAMETERS)),
    };
  }

  readWhole(body: unknown): void {
    this.isComplete = true;
    this.#readRun(objectOrEmpty(body));
  }

  readEvent(event: JsonObject): boolean {
    this.#isStream = true;
    switch (event.object) {
      case 'thread.message.delta': {
        const before = this.#message.amount;
        for (const part of arrayOrEmpty(objectOrEmpty(event.delta).content))
          this.#readPart(objectOrEmpty(part));
        return this.#message.amount > before;
      }
      case 'thread.run':
        this.#readRun(event);
        return false;
      case 'thread.run.step':
        this.#readStep(event);
        return false;
      default:
        if (event.error !== undefined) this.failure ??= event.error;
        return false;
    }
  }

  endOfEvents(): void {
    this.isComplete = this.isOver = true;
  }

  response(): ModelResponse {
    const { status, incomplete_details } = this.#run;
    return {
      model: stringOrUndefined(this.#run.model),
      output: this.#message.output,
      tokens: this.#usage.tokens,
      billing: this.#billing,
      // The usage is the sum of all calls of the model.
      parts: [{ tokens: this.#usage.tokens, billing: this.#billing, calls: 'unknown' }],
      metadata: {
        responseId: stringOrUndefined(this.#run.id),
        finishReason:
          stringOrUndefined(objectOrEmpty(incomplete_details).reason) ?? stringOrUndefined(status),
      },
      details: knownFirst(this.#stored, this.#unknown.fields),
    };
  }

  /** Only a stream has the steps of the run, and so the uses of its tools. */
  get #billing(): Billing {
    const toolUses = Object.fromEntries(this.#toolUses);
    const uncounted = arrayOrEmpty(this.#run.tools)
      .map((each) => stringOrUndefined(objectOrEmpty(each).type))
      .filter((type) => type !== undefined)
      .filter((type) => BILLED.has(type));
    return {
      ...this.#usage.billing,
      ...(this.#toolUses.size > 0 && { toolUses }),
      ...(!this.#isStream && uncounted.length > 0 && { uncountedTools: uncounted }),
    };
  }

  /** The stored settings of the assistant that the request does not have. */
  get #stored(): JsonObject {
    const params = this.#params;
    if (params === undefined) return {};
    const keys = STORED.filter((key) => params[key] === undefined && this.#run[key]);
    return fieldsNamed(this.#run, keys);
  }

  #readRun(run: JsonObject): void {
    this.#run = run;
    this.#usage.read(run.usage);
    this.#unknown.add(run, KNOWN);
    const { status, last_error } = run;
    const isFailure = status === 'failed' || status === 'expired' || status === 'cancelled';
    if (isJsonObject(last_error)) this.failure ??= last_error;
    else if (isFailure) this.failure ??= `the run is ${status}`;
    else if (isJsonObject(run.error)) this.failure ??= run.error;
    const { tool_calls } = objectOrEmpty(objectOrEmpty(run.required_action).submit_tool_outputs);
    for (const each of arrayOrEmpty(tool_calls)) {
      const { id, function: called } = objectOrEmpty(each);
      const { name, arguments: args } = objectOrEmpty(called);
      this.#message.addTool(stringOrUndefined(id), stringOrUndefined(name), args);
    }
  }

  #readPart(part: JsonObject): void {
    const { value, annotations } = objectOrEmpty(part.text);
    this.#message.text.add(stringOrUndefined(value) ?? '');
    this.#unknown.add({ annotations });
    if (typeof part.refusal === 'string') {
      this.#message.addRefusal(part.refusal);
    } else if (part.text === undefined) this.#message.addPart(part);
  }

  /** Reads the work of OpenAI's own tools. */
  #readStep({ status, step_details }: JsonObject): void {
    if (status === 'in_progress') return;
    for (const each of arrayOrEmpty(objectOrEmpty(step_details).tool_calls)) {
      const type = stringOrUndefined(objectOrEmpty(each).type);
      if (type === 'function') continue;
      this.#message.addPart(withoutMedia(each));
      if (type !== undefined && BILLED.has(type))
        this.#toolUses.set(type, (this.#toolUses.get(type) ?? 0) + 1);
    }
  }
}
