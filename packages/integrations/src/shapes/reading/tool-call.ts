import { isJsonObject, type JsonObject, tryParseJson } from '../../common/json.js';
import { CollectedText } from './collected-text.js';

/** One call of a tool, collected while it is received. */
export class ToolCall {
  readonly arguments: CollectedText;
  #id: string | undefined;
  #name: string | undefined;
  /** Whether the arguments are plain text and not JSON. */
  #isText = false;
  /** Other fields of the call, under the provider's names: `{ type: 'server_tool_use' }`. */
  #more: JsonObject | undefined;

  constructor(args = new CollectedText()) {
    this.arguments = args;
  }

  get id(): string | undefined {
    return this.#id;
  }

  get name(): string | undefined {
    return this.#name;
  }

  /** Sets what the start of the call states. */
  startWith(id: string | undefined, name: string | undefined, more?: JsonObject): void {
    this.#id = id;
    this.#name = name;
    this.#more = more;
  }

  /** Sets the id and the name if no piece before has stated them. */
  identify(id: string | undefined, name: string | undefined): void {
    this.#id ??= id;
    this.#name ??= name;
  }

  /** Replaces the id and the name that pieces before have stated, if they are defined here. */
  restate(id: string | undefined, name: string | undefined): void {
    this.#id = id ?? this.#id;
    this.#name = name ?? this.#name;
  }

  copy(): ToolCall {
    const copy = new ToolCall(this.arguments.copy());
    copy.startWith(this.#id, this.#name, this.#more);
    copy.#isText = this.#isText;
    return copy;
  }

  /** The arguments are plain text and not JSON. */
  markText(): void {
    this.#isText = true;
  }

  /** Adds other fields, under the provider's names. */
  extend(more: JsonObject): void {
    this.#more = { ...this.#more, ...more };
  }

  /** Whether the arguments are complete JSON. */
  get hasArguments(): boolean {
    return isJsonObject(tryParseJson(this.arguments.toString()));
  }

  /** The call as the output of a model shows it. */
  get output(): JsonObject {
    const args = this.arguments.toString();
    return {
      name: this.#name ?? null,
      arguments: this.#isText ? args : parsedArguments(args),
      ...(this.#id && { id: this.#id }),
      ...this.#more,
    };
  }
}

/** The arguments as an object if they are complete JSON, else as a string. Empty arguments are an empty object. */
function parsedArguments(args: string): unknown {
  if (args.trim() === '' || args === 'null') return {};
  const json = tryParseJson(args);
  return isJsonObject(json) ? json : args;
}
