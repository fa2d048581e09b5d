import { bytesOfBase64, withoutMedia } from '../../common/content/media.js';
import {
  arrayOrEmpty,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { wordSet } from '../../common/words.js';
import { CollectedText } from '../reading/collected-text.js';
import { Message } from '../reading/message.js';
import { joined, UnknownFields } from '../reading/unknown-fields.js';

const MAX_ITEMS = 256;
/** Fields that are read, by the kind of item, and of the parts of a message. */
const KNOWN_OF_MESSAGE = wordSet('id type role status content');
const KNOWN_OF_PART = wordSet('type text refusal annotations logprobs');
const KNOWN_OF_CALL = wordSet('id type call_id name arguments input status');
const KNOWN_OF_THOUGHT = wordSet('id type summary content status');

/** An item that is neither a message nor a call of the app's tools: the work of OpenAI's own tools, or an unknown item. */
interface HostedItem {
  item: JsonObject;
  /** The strings that are received in pieces, by name. */
  pieces: Map<string, CollectedText> | undefined;
}

/** Match events about the progress and the work of a hosted tool. */
const STATE = /_(?:call|tools)\.([a-z_]+(?<!partial_image))$/;
const PIECE = /_call_?([a-z_]*)\.(?:delta|partial_image)$/;

/** Tools that are billed per use, by the type of their items. */
const BILLED: Readonly<Record<string, string>> = {
  web_search_call: 'web_search',
  file_search_call: 'file_search',
  code_interpreter_call: 'code_interpreter',
  image_generation_call: 'image_generation',
  computer_call: 'computer',
  mcp_call: 'mcp',
  shell_call: 'shell',
};

/** Collects the items of a response: messages, reasoning, tool calls and the work of hosted tools. */
export class ResponseItems extends Message {
  readonly unknown = new UnknownFields();
  readonly #items = new Map<string, HostedItem>();
  readonly #arguments = new Map<string, CollectedText>();
  /** The key of the last item at each place. */
  readonly #places = new Map<unknown, string>();

  /** The size of a spoken answer. */
  #audioBytes = 0;

  override get amount(): number {
    return super.amount + this.#items.size + this.#audioBytes;
  }

  override get output(): unknown {
    const output = super.output;
    const hosted: JsonObject[] = [...this.#items.values()].map(({ item, pieces }) => ({
      ...item,
      ...Object.fromEntries([...(pieces ?? [])].map(([name, piece]) => [name, piece.toString()])),
    }));
    if (this.#audioBytes > 0) hosted.push({ audio: `[audio, ${this.#audioBytes} bytes]` });
    if (hosted.length === 0) return output;
    if (!isJsonObject(output)) {
      return output === undefined ? { parts: hosted } : { content: output, parts: hosted };
    }
    return { ...output, parts: [...arrayOrEmpty(output.parts), ...hosted] };
  }

  /** Adds a piece of a spoken answer, of which only the size is kept. */
  addAudio(base64: string): void {
    this.#audioBytes += bytesOfBase64(base64);
  }

  /** The number of uses of each tool that is billed per use. Opening a page is not counted as a search. */
  get toolUses(): Readonly<Record<string, number>> {
    const uses: Record<string, number> = {};
    for (const { item } of this.#items.values()) {
      const tool = BILLED[String(item.type)];
      const { type: action } = objectOrEmpty(item.action);
      if (tool === undefined || item.status === 'failed') continue;
      // The app's own shell costs nothing.
      const isHosted = /^container/.test(String(objectOrEmpty(item.environment).type));
      if (tool === 'shell' && !isHosted) continue;
      if (tool === 'web_search' && action !== undefined && action !== 'search') continue;
      uses[tool] = (uses[tool] ?? 0) + 1;
    }
    return uses;
  }

  /** Reads an item of a complete response. */
  readWhole(item: JsonObject): void {
    switch (item.type) {
      case 'message':
        this.unknown.add(item, KNOWN_OF_MESSAGE);
        for (const each of arrayOrEmpty(item.content)) this.#readPart(objectOrEmpty(each));
        return;
      case 'function_call':
      case 'custom_tool_call': {
        const args = item.arguments ?? item.input;
        const unknown = new UnknownFields();
        unknown.add(item, KNOWN_OF_CALL);
        const id = stringOrUndefined(item.call_id) || stringOrUndefined(item.id);
        const tool = this.addTool(id, stringOrUndefined(item.name), args, unknown.fields);
        if (tool !== undefined && item.type === 'custom_tool_call') tool.markText();
        return;
      }
      case 'reasoning':
        for (const each of [...arrayOrEmpty(item.summary), ...arrayOrEmpty(item.content)]) {
          this.reasoning.add(stringOrUndefined(objectOrEmpty(each).text) ?? '');
        }
        this.unknown.add(item, KNOWN_OF_THOUGHT);
        return;
      default:
        this.#keep(`#${this.#items.size}`, item);
    }
  }

  /**
   * Reads an item of a stream at its start or at its end.
   * @returns whether it contained a part of the answer
   */
  readItem(event: JsonObject): boolean {
    const item = objectOrEmpty(event.item);
    const key = this.#keyOfItem(item.id, event.output_index);
    switch (item.type) {
      case 'message':
      case 'reasoning': {
        const text = item.type === 'message' ? this.text : this.reasoning;
        const isWhole = event.type === 'response.output_item.done' && text.chars === 0;
        // Most services have sent the text in pieces before.
        if (isWhole) this.readWhole(item);
        else this.unknown.add(item, item.type === 'message' ? KNOWN_OF_MESSAGE : KNOWN_OF_THOUGHT);
        return isWhole;
      }
      case 'function_call':
      case 'custom_tool_call': {
        const tool = this.ensureTool(key);
        if (tool === undefined) return false;
        this.#arguments.set(key, tool.arguments);
        const id = stringOrUndefined(item.call_id) || stringOrUndefined(item.id) || undefined;
        tool.restate(id, stringOrUndefined(item.name) || undefined);
        if (item.type === 'custom_tool_call') tool.markText();
        const args = item.arguments ?? item.input;
        // Some services do not send the arguments in pieces.
        if (typeof args === 'string' && tool.arguments.chars === 0) tool.arguments.add(args);
        const unknown = new UnknownFields();
        unknown.add(item, KNOWN_OF_CALL);
        tool.extend(unknown.fields);
        return true;
      }
      default:
        this.#keep(key, item);
        return true;
    }
  }

  /** The collected arguments of a call. */
  argumentsOf({ item_id, output_index }: JsonObject): CollectedText | undefined {
    const key = this.#keyOfPiece(item_id, output_index);
    return this.#arguments.get(key) ?? this.ensureTool(key)?.arguments;
  }

  /**
   * Reads a piece of the work of a hosted tool: `response.code_interpreter_call_code.delta`.
   * @returns whether the event was such a piece
   */
  readPiece(type: string, event: JsonObject): boolean {
    const hosted = this.#items.get(this.#keyOfPiece(event.item_id, event.output_index));
    if (hosted === undefined) return false;
    const [, state] = STATE.exec(type) ?? [];
    if (state !== undefined) hosted.item = { ...hosted.item, status: state };
    const [, name] = PIECE.exec(type) ?? [];
    if (name === undefined) return state !== undefined;
    if (typeof event.delta === 'string') {
      hosted.pieces ??= new Map();
      const piece = hosted.pieces.get(name || 'delta') ?? new CollectedText();
      hosted.pieces.set(name || 'delta', piece);
      piece.add(event.delta);
      return true;
    }
    const progress = fieldsExcept(event, 'type', 'item_id', 'output_index', 'sequence_number');
    hosted.item = joined(hosted.item, withoutMedia(progress)) as JsonObject;
    return true;
  }

  #readPart(part: JsonObject): void {
    if (typeof part.refusal === 'string') this.setRefusal(part.refusal);
    if (typeof part.text !== 'string' && part.type !== 'refusal') {
      this.addPart(part);
      return;
    }
    this.text.add(stringOrUndefined(part.text) ?? '');
    const { annotations, logprobs } = part;
    this.unknown.add({ annotations, logprobs });
    this.unknown.add(part, KNOWN_OF_PART);
  }

  #keep(key: string, item: JsonObject): void {
    const existing = this.#items.get(key);
    if (existing !== undefined) {
      existing.item = joined(existing.item, withoutMedia(item)) as JsonObject;
      // The complete item contains what was received in pieces.
      existing.pieces = undefined;
    } else if (this.#items.size < MAX_ITEMS) {
      this.#items.set(key, { item: withoutMedia(item) as JsonObject, pieces: undefined });
    }
  }

  /** Remembers the item at a place. @returns its key: its id, or its place if it has no id */
  #keyOfItem(id: unknown, place: unknown): string {
    const key = typeof id === 'string' && id !== '' ? id : `#${place}`;
    this.#places.set(place, key);
    return key;
  }

  /** The key of the item that a piece belongs to: the id that the piece states if there is such an item, else by its place. */
  #keyOfPiece(id: unknown, place: unknown): string {
    const isKnown =
      typeof id === 'string' && id !== '' && (this.#items.has(id) || this.#arguments.has(id));
    return isKnown ? id : (this.#places.get(place) ?? `#${place}`);
  }
}
