/** Records chat models that stream by `streamEvents` without a version, for which LangChain calls no callbacks. */

import { isUntraced, reportFailure, runGuarded } from '@openlayer-tracing/core/integration';
import { streamError } from '../common/failures/call-error.js';
import { replaceMethod, withProperty } from '../common/hooks/replace-method.js';
import { type JsonObject, objectOrEmpty, stringOrUndefined } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import type { LangChainHandler } from './handler.js';

type Events = AsyncGenerator<JsonObject, unknown>;
type StreamEvents = (this: ChatModel, ...args: never[]) => unknown;

/** The part of `BaseChatModel` that is used. */
export interface ChatModel {
  streamEvents: StreamEvents;
  _streamChatModelEvents(messages: unknown, options: unknown, ...rest: unknown[]): Events;
  toJSON?(): unknown;
  invocationParams?(options: unknown): unknown;
  getLsParams?(options: unknown): unknown;
}

/** Replaces `streamEvents` of the class by a method that passes the events to the handler. */
export function traceStreamEvents(
  prototype: ChatModel,
  handler: LangChainHandler,
  options: CallOptions,
): void {
  replaceMethod(prototype, 'streamEvents', (streamEvents) => {
    return function tracedStreamEvents(this: ChatModel, ...args: never[]): unknown {
      const { version } = objectOrEmpty(args[1]);
      // These go through the callbacks.
      if (version === 'v1' || version === 'v2' || isUntraced()) {
        return streamEvents.apply(this, args);
      }
      const send = this._streamChatModelEvents;
      const observedEvents = (...sent: Parameters<typeof send>) =>
        passedEvents(send.apply(this, sent), new StreamRun(handler, options, this, sent));
      // `streamEvents` calls this method before it returns.
      return withProperty(this, '_streamChatModelEvents', observedEvents, (isSet) => {
        if (!isSet) reportFailure('streamEvents', new TypeError('the model is frozen'));
        return streamEvents.apply(this, args);
      });
    };
  });
}

async function* passedEvents(events: Events, run: StreamRun): Events {
  run.start();
  try {
    for await (const event of events) {
      run.addEvent(event);
      yield event;
    }
    run.end();
  } catch (error) {
    run.fail(error);
    throw error;
  } finally {
    run.cancel();
  }
  return undefined;
}

/** Calls the handler for one stream as LangChain does for others. */
class StreamRun {
  readonly #handler: LangChainHandler;
  readonly #options: CallOptions;
  readonly #model: ChatModel;
  readonly #args: readonly unknown[];
  readonly #id = {};
  readonly #blocks = new Map<unknown, unknown>();
  #usage: unknown;
  #head: JsonObject = {};
  #isOver = false;

  constructor(
    handler: LangChainHandler,
    options: CallOptions,
    model: ChatModel,
    args: readonly unknown[],
  ) {
    this.#handler = handler;
    this.#options = options;
    this.#model = model;
    this.#args = args;
  }

  start(): void {
    const [messages, options] = this.#args;
    const model = this.#model;
    runGuarded('stream', () => {
      const extra = { invocation_params: model.invocationParams?.(options), options };
      const metadata = model.getLsParams?.(options);
      const { handleChatModelStart } = this.#handler;
      handleChatModelStart(model.toJSON?.(), [messages], this.#id, undefined, extra, [], metadata);
    });
  }

  addEvent(event: JsonObject): void {
    runGuarded('stream', () => {
      const { event: name, usage, id, index, content, reason, responseMetadata } = event;
      if (usage !== undefined) this.#usage = usage;
      if (name === 'message-start') this.#head = { ...this.#head, id };
      if (name === 'content-block-finish') this.#blocks.set(index, content);
      if (name === 'message-finish') {
        const about = {
          finish_reason: stringOrUndefined(reason),
          ...objectOrEmpty(responseMetadata),
        };
        this.#head = { ...this.#head, response_metadata: about };
      }
      this.#handler.handleChatModelStreamEvent(event, this.#id);
    });
    const { event: name, code, message } = event;
    if (name === 'error') this.fail(streamError(this.#options, { code, message }));
  }

  end(): void {
    const content = [...this.#blocks.values()];
    const message = { ...this.#head, content, usage_metadata: this.#usage };
    this.#endOnce(() => this.#handler.handleLLMEnd({ generations: [[{ message }]] }, this.#id));
  }

  fail(error: unknown): void {
    this.#endOnce(() => this.#handler.handleLLMError(error, this.#id));
  }

  /** The consumer stopped reading. */
  cancel(): void {
    this.fail(Object.assign(new Error('the stream was left'), { name: 'AbortError' }));
  }

  #endOnce(callHandler: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    runGuarded('stream', callHandler);
  }
}
