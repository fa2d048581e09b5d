/** What the AI SDK from 7 on tells its telemetry, as steps: operations, their calls of models, and their tools. */

import {
  inClientCall,
  type RecordedCall,
  reportFailure,
  type StepUpdate,
  startCall,
  untraced,
} from '@openlayer-tracing/core/integration';
import { recordedContent } from '../common/content.js';
import { type Json, record, text, without } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { aiParameters } from './facts.js';
import { AiModelCall, type AsksModel } from './model-call.js';
import { Operation } from './operation.js';
import { passedOn } from './trace-model.js';
import { startTool } from './trace-tools.js';

type Execute<T> = () => PromiseLike<T>;

export class AiTelemetry {
  readonly #options: CallOptions;
  /** By the id that all events of one operation carry: where they are told differs, above all in streams. */
  readonly #operations = new Map<unknown, Operation>();

  constructor(options: CallOptions) {
    this.#options = options;
  }

  onStart = guarded((event) => {
    const { callId, operationId, functionId, messages, tools } = event;
    // Version 6 tells too little to keep its operations apart.
    if (typeof callId !== 'string') return;
    const name = text(operationId)?.replace(/^ai\./, '') ?? '';
    if (!/^(generate|stream)(Text|Object)$/.test(name)) {
      if (/^embed/.test(name)) this.#operations.set(callId, new Operation(undefined));
      return;
    }
    const hasTools = Object.keys(record(tools)).length > 0;
    const forget = (): undefined => {
      this.#operations.delete(callId);
    };
    const recorded = startCall(
      {
        name: text(functionId) ?? `AI SDK ${name}`,
        type: hasTools ? 'agent' : 'chain',
        inputs: this.#content('inputs', messages === undefined ? undefined : { messages }),
      },
      { soFar: forget },
    );
    if (recorded !== undefined) {
      recorded.goesOnByItself = true;
      this.#operations.set(callId, new Operation(recorded as RecordedCall));
    }
  });

  onLanguageModelCallStart = guarded((event) => this.#modelBegins(event));
  onObjectStepStart = guarded((event) => {
    this.#modelBegins(event);
    this.#operation(event)?.model?.expectExchange(event.promptMessages);
  });
  onObjectStepEnd = guarded((event) => this.#operation(event)?.model?.whole(event));

  onEmbedStart = guarded((event) => {
    const operation = this.#operation(event);
    const { provider, modelId, values, embedCallId } = event;
    const asked = { provider, modelId, inputs: { input: values }, parameters: {} };
    const call = operation && AiModelCall.begin(this.#options, { type: 'embedding', ...asked });
    if (call === undefined) return;
    operation?.embeddings.set(embedCallId, call);
    call.expectExchange(values);
  });

  onEmbedEnd = guarded((event) => {
    const operation = this.#operation(event);
    operation?.embeddings.get(event.embedCallId)?.whole(event);
    operation?.embeddings.delete(event.embedCallId);
  });

  onToolExecutionStart = guarded((event) => {
    const operation = this.#operation(event);
    const { toolCallId, toolName, input } = record(event.toolCall);
    if (operation === undefined) return;
    const tool = startTool(text(toolName) ?? 'tool', input, this.#options, operation);
    if (tool !== undefined) operation.tools.set(toolCallId, tool);
  });

  onToolExecutionEnd = guarded((event) => {
    const { toolCallId } = record(event.toolCall);
    const operation = this.#operation(event);
    const tool = operation?.tools.get(toolCallId);
    const { type, output, error } = record(event.toolOutput);
    if (type === 'tool-error') tool?.fail(error);
    else tool?.end({ output: this.#content('output', output) });
    operation?.tools.delete(toolCallId);
  });

  onEnd = guarded((event) => {
    const { text: said, object } = event;
    const output = object ?? (said === '' ? undefined : said);
    this.#over(event, (recorded) => recorded.end({ output: this.#content('output', output) }));
  });

  onAbort = guarded((event) => {
    this.#over(event, (recorded) => recorded.end({ metadata: { ended: 'left' } } as StepUpdate));
  });

  onError = guarded((event) => {
    const { error } = event;
    const operation = this.#operation(event);
    // Where the call of the model is told to have failed, it says so no more than once.
    for (const call of operation?.embeddings.values() ?? []) call.failed(error);
    if (operation?.model?.isOpen) operation.model.failed(error);
    this.#over(event, (recorded) => recorded.fail(error));
  });

  /** Asks the provider: what its client records by itself would be counted twice. */
  executeLanguageModelCall = async <T>(call: Json & { execute: Execute<T> }): Promise<T> => {
    const operation = this.#operations.get(call.callId);
    const model = operation?.model;
    if (operation === undefined || model === undefined) return call.execute();
    try {
      if (operation.isRetried) model.tryAgain();
      operation.isRetried = false;
    } catch (error) {
      reportFailure('call', error);
    }
    let answer: T;
    try {
      answer = await untraced(call.execute);
    } catch (error) {
      operation.isRetried = true;
      model.failed(error);
      throw error;
    }
    return passedOn(model, answer);
  };

  executeTool = async <T>(call: Json & { execute: Execute<T> }): Promise<T> => {
    const operation = this.#operations.get(call.callId);
    const tool = operation?.tools.get(call.toolCallId);
    if (operation === undefined || tool === undefined) return call.execute();
    // A stream's tools run where the provider is read, and that is untraced.
    return tool.step.run(() => inClientCall(operation, call.execute));
  };

  #modelBegins(event: Json): void {
    const operation = this.#operation(event);
    const { provider, modelId, messages, promptMessages, tools } = event;
    if (operation?.recorded === undefined) return;
    const asked: AsksModel = {
      type: 'chat_completion',
      provider,
      modelId,
      inputs: without({ prompt: messages ?? promptMessages, tools }),
      parameters: aiParameters(event),
    };
    operation.model = AiModelCall.begin(this.#options, asked, operation.recorded.step);
    operation.isRetried = false;
  }

  #operation({ callId }: Json): Operation | undefined {
    return this.#operations.get(callId);
  }

  #over({ callId }: Json, end: (recorded: RecordedCall) => void): void {
    const recorded = this.#operations.get(callId)?.recorded;
    this.#operations.delete(callId);
    if (recorded !== undefined) end(recorded);
  }

  #content(part: 'inputs' | 'output', content: unknown): unknown {
    return recordedContent(this.#options, part, content);
  }
}

/** A listener that never throws. */
function guarded(listen: (event: Json) => void): (event: unknown) => void {
  return (event) => {
    try {
      listen(record(event));
    } catch (error) {
      reportFailure('telemetry', error);
    }
  };
}
