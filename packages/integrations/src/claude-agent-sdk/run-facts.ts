import { type CallError, namedError } from '../common/failures/call-error.js';
import {
  arrayOrEmpty,
  fieldsExcept,
  type JsonObject,
  knownFirst,
  presentFields,
  stringOrUndefined,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { wordArray, wordSet } from '../common/words.js';

const MAX_EVENTS = 64;
const MAX_RESULTS = 32;
/** Frequent messages without information about the work. */
const IGNORED: ReadonlySet<unknown> = wordSet(`
  keep_alive hook_started hook_progress thinking_tokens session_state_changed commands_changed
  background_tasks_changed task_progress
`);
/** Frequent messages that are of interest only if they have one of these fields. */
const RELEVANT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  auth_status: ['error'],
  status: ['compact_result', 'compact_error', 'permissionMode'],
  tool_progress: ['subagent_retry'],
};
/** Fields of a result that have a field of their own in the step. */
const KNOWN_OF_RESULT = wordArray(`
  type subtype uuid session_id result structured_output is_error errors num_turns stop_reason
  total_cost_usd usage modelUsage terminal_reason duration_ms duration_api_ms
`);
const KNOWN_OF_INIT = wordArray('type subtype uuid session_id model cwd claude_code_version');

/** What the messages of a run say about the run itself: its settings, events and results. */
export class RunFacts {
  readonly #options: CallOptions;
  readonly #events: unknown[] = [];
  readonly #results: unknown[] = [];
  #metadata: JsonObject = {};
  #details: JsonObject = {};
  #failure: CallError | undefined;
  #isAborted = false;
  #isTurnOver = false;

  constructor(options: CallOptions) {
    this.#options = options;
  }

  get metadata(): JsonObject {
    return this.#metadata;
  }

  /** Other fields of the messages, which may be content. */
  get details(): JsonObject {
    return knownFirst(this.#events.length > 0 ? { events: this.#events } : {}, this.#details);
  }

  /** Whether the last turn ended with a result, of whatever kind. */
  get isTurnOver(): boolean {
    return this.#isTurnOver;
  }

  /** The only result, or an array of several; undefined without one. */
  get output(): unknown {
    return this.#results.length > 1 ? this.#results : this.#results[0];
  }

  /** The failure that the last result states; undefined if there is none. */
  get failure(): CallError | undefined {
    return this.#failure;
  }

  /** Whether the last result states that the app aborted or interrupted the run. */
  get isAborted(): boolean {
    return this.#isAborted;
  }

  addMetadata(metadata: JsonObject): void {
    this.#metadata = { ...this.#metadata, ...metadata };
  }

  /** Reads the first message, which has the settings of the run. */
  readInit(message: JsonObject): void {
    this.addMetadata({ model: message.model, version: message.claude_code_version });
    this.#addDetails(presentFields(fieldsExcept(message, ...KNOWN_OF_INIT)));
  }

  readEvent(message: JsonObject): void {
    const { type, subtype, ...rest } = message;
    const kind = type === 'system' && subtype !== undefined ? subtype : type;
    if (kind === 'rate_limit_event') {
      // Only the last one is kept.
      this.#addDetails({ rateLimit: message.rate_limit_info });
      return;
    }
    const relevant = RELEVANT_FIELDS[String(kind)];
    if (IGNORED.has(kind) || relevant?.every((key) => !message[key])) return;
    if (this.#events.length >= MAX_EVENTS) return;
    this.#events.push({ type: kind, ...presentFields(fieldsExcept(rest, 'uuid', 'session_id')) });
  }

  /** The model works again after a result. */
  continueTurn(): void {
    this.#isTurnOver = false;
  }

  readResult(message: JsonObject): void {
    this.#isTurnOver = true;
    const { subtype, errors, result, structured_output: structured } = message;
    const isAnswer = structured !== undefined || Boolean(stringOrUndefined(result));
    if (isAnswer && this.#results.length < MAX_RESULTS) this.#results.push(structured ?? result);
    this.addMetadata({
      numTurns: message.num_turns,
      finishReason: stringOrUndefined(message.stop_reason),
      terminalReason: message.terminal_reason,
      durationMs: message.duration_ms,
      durationApiMs: message.duration_api_ms,
    });
    this.#addDetails(presentFields(fieldsExcept(message, ...KNOWN_OF_RESULT)));
    const isFailed = hasFailed(message);
    // `aborted_streaming` or `aborted_tools`: the SDK states these as errors during the execution.
    this.#isAborted = isFailed && /^aborted_/.test(String(message.terminal_reason));
    this.#failure =
      isFailed && !this.#isAborted
        ? failureOf(this.#options, subtype, joinedErrors(errors) ?? result)
        : undefined;
  }

  #addDetails(details: JsonObject): void {
    this.#details = { ...this.#details, ...details };
  }
}

/** Whether a result states a failure. */
export function hasFailed({ subtype, is_error: isError }: JsonObject): boolean {
  return isError === true || (typeof subtype === 'string' && subtype !== 'success');
}

function joinedErrors(errors: unknown): string | undefined {
  const messages = arrayOrEmpty(errors).filter((each) => typeof each === 'string');
  return messages.length > 0 ? messages.join('\n') : undefined;
}

function failureOf(options: CallOptions, subtype: unknown, stated: unknown): CallError {
  const kind = stringOrUndefined(subtype);
  const name = kind === undefined || kind === 'success' ? 'error' : kind;
  return namedError(options, name, stringOrUndefined(stated));
}
