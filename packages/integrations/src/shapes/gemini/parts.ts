/** Reads the parts of Gemini's contents. */

import { encryptedPlaceholder } from '../../common/content/media.js';
import {
  arrayOrEmpty,
  definedFields,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import type { Message } from '../reading/message.js';

const MAX_SIGNATURES = 256;
const MAX_PATH = 16;

/** A content as a message: one string if all parts are texts and none is a thought, else the parts. */
export function geminiMessage(content: unknown): { content: unknown } {
  if (typeof content === 'string') return { content };
  const { parts: oneOrMore } = objectOrEmpty(content);
  const parts = Array.isArray(oneOrMore) ? oneOrMore : oneOrMore === undefined ? [] : [oneOrMore];
  const texts = parts.map((part) => {
    const { text, thought } = objectOrEmpty(part);
    return thought === true ? undefined : stringOrUndefined(text);
  });
  return { content: texts.every((each) => each !== undefined) ? texts.join('') : parts };
}

/** Adds parts to a message in the order in which they are received. */
export class Parts {
  /** The names of the thought signatures, with their lengths. */
  readonly signatures: string[] = [];
  readonly #message: Message;
  /** The tool call whose arguments are being received in pieces. */
  #open: { id: string | undefined; name: string | undefined; args: JsonObject } | undefined;

  constructor(message: Message) {
    this.#message = message;
  }

  read(part: JsonObject): void {
    const { text: partText, thought, functionCall, thoughtSignature, ...unknown } = part;
    const message = this.#message;
    if (typeof partText === 'string')
      (thought === true ? message.reasoning : message.text).add(partText);
    if (isJsonObject(functionCall)) this.#readCall(functionCall);
    const signature = stringOrUndefined(thoughtSignature);
    if (signature !== undefined && signature !== '' && this.signatures.length < MAX_SIGNATURES) {
      this.signatures.push(encryptedPlaceholder(signature));
    }
    if (Object.keys(unknown).length > 0)
      this.#message.addPart(thought === true ? { thought, ...unknown } : unknown);
  }

  /** Whether the arguments of a call are being received. */
  get hasOpenCall(): boolean {
    return this.#open !== undefined;
  }

  /** The message with the call whose arguments are being received. */
  get messageSoFar(): Message {
    if (this.#open === undefined) return this.#message;
    const message = this.#message.copy();
    message.addTool(this.#open.id, this.#open.name, this.#open.args);
    return message;
  }

  /** Ends a call that is not complete. */
  end(): void {
    if (this.#open === undefined) return;
    const { id, name, args } = this.#open;
    this.#open = undefined;
    this.#message.addTool(id, name, args);
  }

  #readCall(call: JsonObject): void {
    const { id, name, args, partialArgs, willContinue, ...unknown } = call;
    if (Object.keys(unknown).length > 0) this.#message.addPart({ functionCall: unknown });
    const isNew = typeof name === 'string' && name !== '';
    if (partialArgs === undefined && willContinue !== true && (isNew || this.#open === undefined)) {
      this.end();
      this.#message.addTool(
        stringOrUndefined(id) || undefined,
        stringOrUndefined(name),
        args ?? {},
      );
      return;
    }
    if (isNew) this.end();
    this.#open ??= {
      id: stringOrUndefined(id) || undefined,
      name: stringOrUndefined(name),
      args: objectOrEmpty(args),
    };
    for (const each of arrayOrEmpty(partialArgs))
      this.#open.args = withArgument(this.#open.args, objectOrEmpty(each));
    if (willContinue !== true) this.end();
  }
}

/** The arguments with one more value, or a longer string, at a path such as `$.places[0].city`. */
function withArgument(args: JsonObject, partial: JsonObject): JsonObject {
  const path = [...String(partial.jsonPath ?? '').matchAll(/[^.[\]$'"]+/g)].map(([key]) => key);
  if (path.length === 0 || path.length > MAX_PATH) return args;
  const { numberValue, boolValue, stringValue } = partial;
  const value = numberValue ?? boolValue ?? stringValue ?? null;
  return objectOrEmpty(withValue(args, path, value));
}

function withValue(at: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    return typeof at === 'string' && typeof value === 'string' ? at + value : value;
  }
  const index = Number(key);
  if (Number.isInteger(index) && (at === undefined || Array.isArray(at))) {
    const items = [...arrayOrEmpty(at)];
    if (index > items.length) return items;
    items[index] = withValue(items[index], rest, value);
    return items;
  }
  const fields = objectOrEmpty(at);
  const before = Object.hasOwn(fields, key) ? fields[key] : undefined;
  return { ...definedFields(fields), [key]: withValue(before, rest, value) };
}
