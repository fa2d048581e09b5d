import { laterCounts, type TokenCounts } from '@openlayer-tracing/core/integration';
import {
  arrayOrEmpty,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import { Message } from '../shapes/reading/message.js';
import { NumberedAnswers } from '../shapes/reading/numbered-answers.js';
import { readLangChainContent } from './content.js';
import { messageTokens } from './message-tokens.js';
import { readReasoning } from './read-generation.js';

const MAX_ANSWERS = 16;

/** Collects the answers of a model while they are streamed, for a run that ends before its result. */
export class Pieces {
  readonly #answers = new NumberedAnswers(MAX_ANSWERS, () => new Answer());
  #tokens: TokenCounts | undefined;

  /** The counts that the pieces state; undefined if they state none. */
  get tokens(): TokenCounts | undefined {
    return this.#tokens;
  }

  get amount(): number {
    return this.#answers.sumOf(({ message }) => message.amount);
  }

  /** The number of answers. */
  get size(): number {
    return this.#answers.size;
  }

  /** The only answer, or an array of several; undefined if nothing was received. */
  get output(): unknown {
    return this.#answers.outputOf(({ message }) => message.output);
  }

  get reasoning(): string | undefined {
    const reasoning = this.#answers.inOrder[0]?.message.reasoning;
    return reasoning?.textOrUndefined;
  }

  /**
   * Adds a token, or the chunk that contains it, if LangChain passes it on.
   * @param index which of several answers the token belongs to
   */
  addToken(token: string, index: unknown, chunk: unknown): void {
    const { message } = objectOrEmpty(chunk);
    this.#readUsage(objectOrEmpty(message).usage_metadata);
    const answer = this.#answers.ensure(typeof index === 'number' ? index : 0);
    if (isJsonObject(message)) answer?.addPiece(message);
    else answer?.message.text.add(token);
  }

  /** Adds an event of the protocol that streams content in blocks. */
  addEvent(event: JsonObject): void {
    this.#readUsage(event.usage);
    this.#answers.ensure(0)?.addEvent(event);
  }

  #readUsage(usage: unknown): void {
    const counts = messageTokens(usage);
    if (counts !== undefined)
      this.#tokens = laterCounts(this.#tokens, { ...counts, total: undefined });
  }
}

class Answer {
  readonly message = new Message();

  addPiece(received: JsonObject): void {
    const { message } = this;
    const before = message.reasoning.chars;
    const kwargs = objectOrEmpty(received.additional_kwargs);
    readLangChainContent(message, received.content, 'skip');
    if (message.reasoning.chars === before) readReasoning(message, kwargs);
    if (typeof kwargs.refusal === 'string') message.setRefusal(kwargs.refusal);
    for (const each of arrayOrEmpty(received.tool_call_chunks)) {
      const { index, id, name, args } = objectOrEmpty(each);
      this.#addCallPiece(
        index ?? 0,
        stringOrUndefined(id),
        stringOrUndefined(name),
        stringOrUndefined(args) ?? '',
      );
    }
    if (isJsonObject(kwargs.function_call)) {
      const { name, arguments: args } = kwargs.function_call;
      this.#addCallPiece(
        'function_call',
        undefined,
        stringOrUndefined(name),
        stringOrUndefined(args) ?? '',
      );
    }
  }

  addEvent({ event, index, content, delta }: JsonObject): void {
    if (event === 'content-block-start') {
      const { type, id, name } = objectOrEmpty(content);
      if (/tool_call/.test(String(type)))
        this.#addCallPiece(index, stringOrUndefined(id), stringOrUndefined(name), '');
      else readLangChainContent(this.message, [content], 'skip');
    } else if (event === 'content-block-delta') {
      const { type, text: deltaText, reasoning, args } = objectOrEmpty(delta);
      if (type === 'text-delta') this.message.text.add(stringOrUndefined(deltaText) ?? '');
      else if (type === 'reasoning-delta')
        this.message.reasoning.add(stringOrUndefined(reasoning) ?? '');
      else if (type === 'tool-call-delta')
        this.#addCallPiece(index, undefined, undefined, stringOrUndefined(args) ?? '');
    }
  }

  #addCallPiece(
    index: unknown,
    id: string | undefined,
    name: string | undefined,
    args: string,
  ): void {
    const place = typeof index === 'number' ? index : undefined;
    const tool = this.message.ensureToolOfPiece({ index: place, id, name });
    if (tool === undefined) return;
    tool.identify(id || undefined, name || undefined);
    tool.arguments.add(args);
  }
}
