import { withoutMedia } from '../../common/content/media.js';
import type { JsonObject } from '../../common/json.js';
import { CollectedText } from './collected-text.js';
import { LoosePart } from './loose-part.js';
import { ToolCall } from './tool-call.js';

const MAX_TOOL_CALLS = 128;
const MAX_PARTS = 256;
const MAX_CITATIONS = 1000;

/** Identifies the call that a piece belongs to. */
interface CallPiece {
  /** The provider's number of the call; undefined if it has none. */
  readonly index: number | undefined;
  readonly id: string | undefined;
  readonly name: string | undefined;
}

/** The answer of a model, collected while it is received: text, reasoning, tool calls and other parts, each up to a limit. */
export class Message {
  readonly text: CollectedText;
  readonly reasoning: CollectedText;
  #refusal: string | undefined;
  #finishReason: string | undefined;
  readonly #others: unknown[] = [];
  /** The citations of the text, in the provider's form. */
  readonly #citations: unknown[] = [];
  readonly #looseParts = new Map<number | string, LoosePart>();
  readonly #tools = new Map<number | string, ToolCall>();
  /** The last call of each index. */
  readonly #latest = new Map<number, ToolCall>();

  constructor(text = new CollectedText(), reasoning = new CollectedText()) {
    this.text = text;
    this.reasoning = reasoning;
  }

  get refusal(): string | undefined {
    return this.#refusal;
  }

  setRefusal(refusal: string): void {
    this.#refusal = refusal;
  }

  /** Adds a piece of a refusal. */
  addRefusal(piece: string): void {
    this.#refusal = (this.#refusal ?? '') + piece;
  }

  get finishReason(): string | undefined {
    return this.#finishReason;
  }

  /** Sets the reason for which the model stopped. Undefined keeps the one before. */
  setFinishReason(reason: string | undefined): void {
    this.#finishReason = reason ?? this.#finishReason;
  }

  /** Parts that are neither text nor tool calls: `[audio, 48213 bytes]`. */
  get others(): readonly unknown[] {
    return this.#others;
  }

  /** A copy to which complete calls and parts can be added, but no pieces. */
  copy(): Message {
    const copy = new Message(this.text.copy(), this.reasoning.copy());
    copy.#refusal = this.#refusal;
    copy.#finishReason = this.#finishReason;
    copy.#others.push(...this.#others);
    copy.#citations.push(...this.#citations);
    for (const [place, tool] of this.#tools) copy.#tools.set(place, tool.copy());
    return copy;
  }

  /** The tool call with this place in the message, a new one if there is none; undefined above 128 calls. */
  ensureTool(place: number | string): ToolCall | undefined {
    let tool = this.#tools.get(place);
    if (tool === undefined && this.#tools.size < MAX_TOOL_CALLS) {
      tool = new ToolCall();
      this.#tools.set(place, tool);
    }
    return tool;
  }

  /**
   * The tool call that a piece belongs to, a new one if there is none; undefined above 128 calls. The id decides before the index,
   * because many providers number all calls 0, or none. Without ids, a name starts a new call if the call before is complete.
   */
  ensureToolOfPiece({ index = 0, id, name }: CallPiece): ToolCall | undefined {
    const latest = this.#latest.get(index);
    if (id) {
      const sameCall = [...this.#tools.values()].find((each) => each.id === id);
      if (sameCall !== undefined) return sameCall;
    }
    const isOther = id ? Boolean(latest?.id) : Boolean(name) && latest?.hasArguments === true;
    if (latest !== undefined && !isOther) return latest;
    const started = this.ensureTool(`#${this.#tools.size}`);
    if (started !== undefined) this.#latest.set(index, started);
    return started;
  }

  /** The tool call that a piece without an id and a name belongs to; undefined if there is none. */
  latestTool(index: number): ToolCall | undefined {
    return this.#latest.get(index);
  }

  /** Adds a complete tool call. */
  addTool(
    id: string | undefined,
    name: string | undefined,
    args: unknown,
    more?: JsonObject,
  ): ToolCall | undefined {
    const tool = this.ensureTool(`#${this.#tools.size}`);
    if (tool === undefined) return undefined;
    tool.startWith(id, name, more);
    tool.arguments.add(typeof args === 'string' ? args : (JSON.stringify(args) ?? ''));
    return tool;
  }

  /** Adds a part that is neither text nor a tool call, with placeholders in place of media. */
  addPart(part: unknown): void {
    if (this.#others.length < MAX_PARTS) this.#others.push(withoutMedia(part));
  }

  /** Replaces a part that was added, by its index in `others`. */
  replacePart(index: number, part: unknown): void {
    this.#others[index] = withoutMedia(part);
  }

  /** The part that is received in pieces at this place, a new one if there is none; undefined above 256 parts. */
  ensurePart(place: number | string): LoosePart | undefined {
    let part = this.#looseParts.get(place);
    if (part === undefined && this.#others.length < MAX_PARTS) {
      part = new LoosePart();
      this.#looseParts.set(place, part);
      this.#others.push(part);
    }
    return part;
  }

  hasPart(place: number | string): boolean {
    return this.#looseParts.has(place);
  }

  cite(citation: unknown): void {
    if (this.#citations.length < MAX_CITATIONS) this.#citations.push(citation);
  }

  /** How much has been received, in characters and parts. */
  get amount(): number {
    let amount = this.text.chars + this.reasoning.chars;
    for (const tool of this.#tools.values()) amount += tool.arguments.chars;
    return amount + this.#others.length;
  }

  /** A string if there is only text, else an object of text, calls and parts; undefined if nothing was received. */
  get output(): unknown {
    const content = this.text.textOrUndefined;
    const output: Record<string, unknown> = {};
    if (this.#refusal !== undefined) output.refusal = this.#refusal;
    if (this.#tools.size > 0)
      output.tool_calls = [...this.#tools.values()].map((tool) => tool.output);
    if (this.#others.length > 0) {
      output.parts = this.#others.map((part) => (part instanceof LoosePart ? part.value : part));
    }
    if (this.#citations.length > 0) output.citations = this.#citations;
    if (Object.keys(output).length === 0) return content;
    return content === undefined ? output : { content, ...output };
  }
}
