/** What a model said: a text, calls of tools, or both. */

import { isRecord, parseJson } from '../common/json.js';
import { CollectedText } from './collected-text.js';

const MAX_TOOL_CALLS = 128;

interface ToolCall {
  id: string | undefined;
  name: string | undefined;
  readonly arguments: CollectedText;
}

export class Message {
  readonly text = new CollectedText();
  readonly reasoning = new CollectedText();
  refusal: string | undefined = undefined;
  finishReason: string | undefined = undefined;
  /** Parts that are neither text nor calls: `[audio, 48213 bytes]`. */
  readonly others: unknown[] = [];
  readonly #tools = new Map<number | string, ToolCall>();

  /** The call that has this place in the message. */
  tool(place: number | string): ToolCall | undefined {
    let tool = this.#tools.get(place);
    if (tool === undefined && this.#tools.size < MAX_TOOL_CALLS) {
      tool = { id: undefined, name: undefined, arguments: new CollectedText() };
      this.#tools.set(place, tool);
    }
    return tool;
  }

  /** A call that is known at once. */
  addTool(id: string | undefined, name: string | undefined, args: unknown): void {
    const tool = this.tool(`#${this.#tools.size}`);
    if (tool === undefined) return;
    tool.id = id;
    tool.name = name;
    tool.arguments.add(typeof args === 'string' ? args : (JSON.stringify(args) ?? ''));
  }

  get amount(): number {
    let amount = this.text.chars + this.reasoning.chars;
    for (const tool of this.#tools.values()) amount += tool.arguments.chars;
    return amount;
  }

  /** A text where there is only that, else an object of the parts; undefined where nothing was said. */
  get output(): unknown {
    const content = this.text.chars > 0 ? this.text.toString() : undefined;
    const output: Record<string, unknown> = {};
    if (this.refusal !== undefined) output.refusal = this.refusal;
    if (this.#tools.size > 0) {
      output.tool_calls = [...this.#tools.values()].map(({ id, name, arguments: args }) => ({
        name: name ?? null,
        arguments: argumentsOf(args.toString()),
        ...(id !== undefined && { id }),
      }));
    }
    if (this.others.length > 0) output.parts = this.others;
    if (Object.keys(output).length === 0) return content;
    return content === undefined ? output : { content, ...output };
  }
}

/** As the object that they are, where they came completely. */
function argumentsOf(text: string): unknown {
  const parsed = parseJson(text);
  return isRecord(parsed) ? parsed : text;
}
