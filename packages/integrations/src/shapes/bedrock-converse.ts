/** Amazon Bedrock's `Converse` and `ConverseStream`; Amazon's own models are invoked with the like. */

import type { TokenCounts } from '@openlayer-tracing/core/integration';
import { count, isRecord, type Json, list, record, text, without } from '../common/json.js';
import { Message } from './message.js';
import type { Answer, AnswerReader, Description, ModelRequest, Shape } from './shape.js';

export const bedrockConverse: Shape<'chat_completion'> = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    /\/model\/[^/]+\/converse(-stream)?$/.test(url.pathname) && Array.isArray(params.messages),
  describe: describeConverse,
  reader: () => new ConverseReader(),
};

/** Where the model is an ARN, what it ends with. */
export function bedrockModel({ pathname }: URL): string | undefined {
  const id = /\/model\/([^/]+)\//.exec(pathname)?.[1];
  return id === undefined ? undefined : decodeURIComponent(id).replace(/^arn:.*\//, '');
}

export function describeConverse({ url, params }: ModelRequest): Description {
  const { messages, system, inferenceConfig, toolConfig, ...others } = params;
  const { tools, toolChoice } = record(toolConfig);
  const told = system === undefined ? [] : [{ role: 'system', content: contentOf(system) }];
  const asked = list(messages).map((each) => {
    const { role, content } = record(each);
    return { role, content: contentOf(content) };
  });
  return {
    inputs: { prompt: [...told, ...asked], ...(tools !== undefined && { tools }) },
    model: bedrockModel(url),
    modelParameters: {
      ...record(inferenceConfig),
      ...without({ ...others, toolChoice }),
    },
  };
}

/** Texts alone as one text, other parts as they are. */
function contentOf(parts: unknown): unknown {
  const texts = list(parts).map((part) => text(record(part).text));
  return texts.every((each) => each !== undefined) ? texts.join('') : parts;
}

export class ConverseReader implements AnswerReader {
  isComplete = false;
  readonly tellsItsEnd = true;
  failure: unknown = undefined;
  readonly #message = new Message();
  #tokens: TokenCounts | undefined;

  get amount(): number {
    return this.#message.amount;
  }

  whole(body: unknown): void {
    const { output, stopReason, usage } = record(body);
    for (const part of list(record(record(output).message).content)) this.#takePart(record(part));
    this.#message.finishReason = text(stopReason);
    this.#takeUsage(usage);
    this.isComplete = true;
  }

  /** An event names its type, or is the one value under that name. */
  event(event: Json): boolean {
    const [key = ''] = Object.keys(event);
    const type = text(event.type) ?? key;
    const fields = event.type === undefined ? record(event[key]) : event;
    const before = this.#message.amount;
    switch (type) {
      case 'contentBlockStart':
        this.#begin(fields);
        break;
      case 'contentBlockDelta':
        this.#add(fields);
        break;
      case 'messageStop':
        this.#message.finishReason = text(fields.stopReason);
        break;
      case 'metadata':
        this.#takeUsage(fields.usage);
        this.isComplete = true;
        break;
      case 'exception':
        this.failure = { type: fields.exception, message: fields.message };
        break;
    }
    return this.#message.amount > before;
  }

  done(): void {}

  answer(): Answer {
    const { output, reasoning, finishReason } = this.#message;
    return {
      output,
      reasoning: reasoning.chars > 0 ? reasoning.toString() : undefined,
      tokens: this.#tokens,
      metadata: { finishReason },
    };
  }

  #takePart(part: Json): void {
    if (typeof part.text === 'string') this.#message.text.add(part.text);
    else if (isRecord(part.toolUse)) {
      const { toolUseId, name, input } = part.toolUse;
      this.#message.addTool(text(toolUseId), text(name), input);
    } else if (isRecord(part.reasoningContent)) {
      this.#message.reasoning.add(text(record(part.reasoningContent.reasoningText).text) ?? '');
    } else if (Object.keys(part).length > 0) this.#message.others.push(part);
  }

  #begin({ contentBlockIndex, start }: Json): void {
    const { toolUse } = record(start);
    if (!isRecord(toolUse)) return;
    const tool = this.#message.tool(count(contentBlockIndex) ?? 0);
    if (tool === undefined) return;
    tool.id = text(toolUse.toolUseId);
    tool.name = text(toolUse.name);
  }

  #add({ contentBlockIndex, delta }: Json): void {
    const { text: said, toolUse, reasoningContent } = record(delta);
    this.#message.text.add(text(said) ?? '');
    this.#message.reasoning.add(text(record(reasoningContent).text) ?? '');
    if (isRecord(toolUse)) {
      const tool = this.#message.tool(count(contentBlockIndex) ?? 0);
      tool?.arguments.add(text(toolUse.input) ?? '');
    }
  }

  /** Like Anthropic, Amazon counts what was read from or written to a cache beside the input. */
  #takeUsage(usage: unknown): void {
    if (!isRecord(usage)) return;
    const input = count(usage.inputTokens);
    const cached = count(usage.cacheReadInputTokens) ?? count(usage.cacheReadInputTokenCount);
    const cacheCreation =
      count(usage.cacheWriteInputTokens) ?? count(usage.cacheWriteInputTokenCount);
    this.#tokens = {
      input: input === undefined ? undefined : input + (cached ?? 0) + (cacheCreation ?? 0),
      output: count(usage.outputTokens),
      cached,
      cacheCreation,
    };
  }
}
