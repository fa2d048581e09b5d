import type { RecordedCall, StepUpdate } from '@openlayer-tracing/core/integration';
import { tokenFields } from '@openlayer-tracing/core/integration';
import { isAbort } from '../common/call-error.js';
import { recordedContent } from '../common/content.js';
import { type Json, list, record, text, without } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { Message } from '../shapes/message.js';
import { lcProvider, messageTokens, toolCalls } from './values.js';

/** One run of a model, told token by token or at its end. */
export class ModelRun {
  readonly #recorded: RecordedCall;
  readonly #options: CallOptions;
  readonly #streamed = new Message();
  #firstTokenMs: number | undefined;

  constructor(recorded: RecordedCall, options: CallOptions) {
    this.#recorded = recorded;
    this.#options = options;
    recorded.isWaiting = true;
  }

  get amount(): number {
    return this.#streamed.amount;
  }

  token(token: string): void {
    this.#recorded.isRead = true;
    this.#recorded.isWaiting = false;
    if (token === '') return;
    this.#firstTokenMs ??= this.#recorded.elapsedMs;
    this.#streamed.text.add(token);
  }

  ended(result: unknown): void {
    const generations = list(list(record(result).generations)[0]).map(record);
    const first = record(generations[0]);
    const message = record(first.message);
    const about = record(message.response_metadata);
    const tokens = messageTokens(message.usage_metadata);
    const outputs = generations.map(outputOf);
    this.#recorded.isWaiting = false;
    this.#recorded.end({
      output: this.#content(outputs.length > 1 ? outputs : outputs[0]),
      model: text(about.model_name) ?? text(about.model),
      provider: this.#options.provider ?? lcProvider(about.model_provider),
      ...(tokens && tokenFields(tokens)),
      metadata: without({
        responseId: text(message.id),
        finishReason: text(about.finish_reason) ?? text(about.stop_reason),
        reasoningTokens: record(record(message.usage_metadata).output_token_details).reasoning,
        ...this.#timing(),
      }),
    } as StepUpdate);
  }

  failed(error: unknown): void {
    this.#recorded.isWaiting = false;
    const update = this.#unfinished(isAbort(error) ? 'left' : undefined);
    if (isAbort(error)) this.#recorded.end(update);
    else this.#recorded.fail(error, update);
  }

  soFar(): StepUpdate {
    return this.#unfinished('unfinished');
  }

  #unfinished(ended: string | undefined): StepUpdate {
    const hasSaid = this.#streamed.amount > 0;
    return {
      ...(hasSaid && { output: this.#content(this.#streamed.output) }),
      metadata: without({ ...this.#timing(), partial: hasSaid || undefined, ended }),
    } as StepUpdate;
  }

  #timing(): Json {
    const first = this.#firstTokenMs;
    return { timeToFirstToken: first === undefined ? undefined : Math.round(first * 10) / 10 };
  }

  #content(content: unknown): unknown {
    return recordedContent(this.#options, 'output', content);
  }
}

function outputOf(generation: Json): unknown {
  const message = record(generation.message);
  const said = new Message();
  const { content } = message;
  said.text.add(text(content) ?? text(generation.text) ?? '');
  for (const each of toolCalls(message)) {
    said.addTool(text(each.id), text(each.name), each.arguments);
  }
  return said.output;
}
