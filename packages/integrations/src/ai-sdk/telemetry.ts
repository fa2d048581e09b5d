/** Records the telemetry events of the AI SDK, version 7, as steps: operations, their model calls, and their tools. */

import {
  inClientCall,
  isError,
  type RecordedCall,
  runGuarded,
  startCall,
  startMicrotask,
  untraced,
} from '@openlayer-tracing/core/integration';
import { OpenRuns } from '../common/calls/open-runs.js';
import { recordedContent, recordedDetails } from '../common/content/recorded-content.js';
import { isAbort, isTimeout, thrownError, thrownText } from '../common/failures/call-error.js';
import { endLeft, failCall } from '../common/failures/fail-call.js';
import {
  arrayOrEmpty,
  type Json,
  nonEmptyFields,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import { nameSet } from '../common/names.js';
import type { CallOptions } from '../common/options.js';
import { OPERATIONS } from './kinds.js';
import { AiModelCall, type CallDescription } from './model-call.js';
import { Operation } from './operation.js';
import { settingsIn } from './sdk-fields.js';
import { recordResponse } from './trace-model.js';
import { startTool } from './trace-tools.js';

type Execute<T> = () => PromiseLike<T>;

/** A telemetry integration of the AI SDK. Its listeners never throw. */
export class AiTelemetry {
  readonly #options: CallOptions;
  /** The open operations, by the id that all events of an operation have. Events of streams are sent from various scopes. */
  readonly #operations = new OpenRuns<Operation>();
  /** The ids of operations that the channel has announced, and whose telemetry event has not been received. */
  readonly #announced = new Set<unknown>();

  constructor(options: CallOptions) {
    this.#options = options;
  }

  onStart = this.#started((event) => this.#startOperation(event));

  /** A listener for the start of an operation, which is then not recorded from the channel. */
  #started(start: (event: Json) => void): (event: unknown) => void {
    return guarded((event) => {
      this.#announced.delete(event.callId);
      start(event);
    });
  }

  #startOperation(event: Json): void {
    const { callId, operationId, functionId, messages, tools, instructions, system } = event;
    // The events of version 6 have no id that distinguishes operations.
    if (typeof callId !== 'string') return;
    const name = stringOrUndefined(operationId)?.replace(/^ai\./, '') ?? '';
    if (!/^(generate|stream)(Text|Object)$/.test(name)) {
      if (/^embed/.test(name)) this.#startEmbed(event);
      else this.#startSingle(name, event);
      return;
    }
    const options = optionsOf(this.#options, event);
    const hasTools = Object.keys(objectOrEmpty(tools)).length > 0;
    const recorded = startCall(
      {
        name: stringOrUndefined(functionId) ?? `AI SDK ${name}`,
        type: hasTools ? 'agent' : 'chain',
        inputs: recordedContent(
          options,
          'inputs',
          nonEmptyFieldsOrUndefined({
            instructions: instructions ?? system,
            prompt: event.prompt,
            messages,
          }),
        ),
        metadata: recordedDetails(options, detailsIn(event)),
      },
      {
        soFar: () => {
          this.#operations.forget(callId);
          return undefined;
        },
      },
    );
    if (recorded !== undefined) {
      // A stream continues only while somebody reads it.
      const isStream = name.startsWith('stream');
      if (isStream) recorded.markRead();
      else recorded.startBackgroundWork();
      const operation = new Operation(isStream ? 'stream' : 'run', options, {
        recorded: recorded as RecordedCall,
        settings: settingsIn(event),
      });
      this.#operations.add(callId, operation);
    }
  }

  #startEmbed(event: Json): void {
    const kind = event.operationId === 'ai.embed' ? 'embed' : 'embedMany';
    const operation = new Operation(kind, optionsOf(this.#options, event), {
      settings: settingsIn(event),
      description: descriptionOf(event),
    });
    this.#operations.addStepless(event.callId, operation);
  }

  /** The parameters of the next model call, which may differ from those of the operation. */
  onStepStart = guarded((event) => this.#operation(event)?.startStep(settingsIn(event)));

  /** Of a stream, the SDK reports each attempt as a start; otherwise only the first one. */
  onLanguageModelCallStart = guarded((event) => {
    const operation = this.#operation(event);
    if (operation?.retryModel() === false) operation.startModel(event);
  });
  onObjectStepStart = guarded((event) => {
    const operation = this.#operation(event);
    operation?.startModel(event);
    operation?.model?.announceRequest(event.promptMessages);
  });
  onObjectStepEnd = guarded((event) => this.#operation(event)?.model?.endWith(event));

  /** Streams of transcripts have events of their own. */
  experimental_onStreamTranscriptionStart = this.#started((event) =>
    this.#startSingle('streamTranscribe', event),
  );
  experimental_onStreamTranscriptionEnd = guarded((event) => this.#endSingle(event));
  experimental_onDecideStart = this.#started((event) => this.#startSingle('decide', event));
  experimental_onDecideEnd = guarded((event) => this.#endSingle(event));

  onEmbedStart = guarded((event) => this.#operation(event)?.startEmbedding(event));
  onEmbedEnd = guarded((event) => this.#operation(event)?.endEmbedding(event));

  onToolExecutionStart = guarded((event) => {
    const operation = this.#operation(event);
    const { toolCallId, toolName, input } = objectOrEmpty(event.toolCall);
    if (operation === undefined) return;
    const { options } = operation;
    const about = recordedDetails(options, toolDetails(event, event.toolCall));
    const name = stringOrUndefined(toolName) ?? 'tool';
    const onTraceEnd = () => this.#endTool(event, operation, toolCallId);
    const tool = startTool(options, { name, input, operation, metadata: about, onTraceEnd });
    if (tool !== undefined) operation.startTool(toolCallId, tool);
  });

  onToolExecutionEnd = guarded((event) => {
    const { toolCallId } = objectOrEmpty(event.toolCall);
    const operation = this.#operation(event);
    const tool = operation?.toolOf(toolCallId);
    if (operation === undefined || tool === undefined) return;
    const { options } = operation;
    const { type, output, error } = objectOrEmpty(event.toolOutput);
    const metadata = recordedDetails(options, toolDetails(event, event.toolOutput));
    const { signal } = operation;
    if (type === 'tool-error') failCall(tool, options, error, { update: { metadata }, signal });
    else tool.end({ output: recordedContent(options, 'output', output), metadata });
    this.#endTool(event, operation, toolCallId);
  });

  #endTool({ callId }: Json, operation: Operation, toolCallId: unknown): void {
    operation.endTool(toolCallId);
    if (operation.isOver && !operation.hasOpenTools) this.#operations.end(callId);
  }

  onEnd = guarded((event) => {
    const operation = this.#operation(event);
    if (operation?.kind === 'single') this.#endSingle(event);
    else if (operation?.kind === 'embed' || operation?.kind === 'embedMany') {
      this.#operations.end(event.callId);
      operation.endEmbeddings(event);
    } else this.#endRun(event);
  });

  #endRun(event: Json): void {
    const { text: written, object, error, content } = event;
    const answer = object ?? (written === '' ? undefined : written);
    this.#end(event, (recorded, options) => {
      const output = recordedContent(options, 'output', answer);
      const metadata = recordedDetails(
        options,
        nonEmptyFieldsOrUndefined({ approvals: approvalsIn(content) }),
      );
      // The error of an object that does not match its schema.
      if (error === undefined || object !== undefined) recorded.end({ output, metadata });
      else recorded.fail(thrownError(options, error), { output, metadata });
    });
  }

  onAbort = guarded((event) => {
    const { callId, reason } = event;
    if (isTimeout(reason)) {
      this.onError({ callId, error: reason });
      return;
    }
    this.#operation(event)?.abort(reason);
    // The default AbortError carries no reason.
    const abortReason = isAbort(reason) ? undefined : reasonMessage(reason);
    this.#end(event, (recorded, options) => {
      const about = recordedDetails(options, nonEmptyFieldsOrUndefined({ abortReason }));
      endLeft(recorded, { metadata: about });
    });
  });

  onError = guarded((event) => {
    const { error } = event;
    // The model's step is failed only once.
    this.#operation(event)?.failOpenModels(error);
    this.#end(event, (recorded, options) => failCall(recorded, options, error));
  });

  /** Runs the request to the provider untraced: otherwise a traced client would record it a second time. */
  executeLanguageModelCall = async <T>(call: Json & { execute: Execute<T> }): Promise<T> => {
    const operation = this.#operations.get(call.callId);
    const model = operation?.model;
    if (operation === undefined || model === undefined) return call.execute();
    runGuarded('call', () => operation.retryModel());
    let response: T;
    try {
      response = await untraced(call.execute);
    } catch (error) {
      runGuarded('failure', () => {
        operation.markModelFailed();
        model.fail(error);
      });
      throw error;
    }
    return recordResponse(model, response);
  };

  executeTool = async <T>(call: Json & { execute: Execute<T> }): Promise<T> => {
    const operation = this.#operations.get(call.callId);
    const tool = operation?.toolOf(call.toolCallId);
    if (operation === undefined || tool === undefined) return call.execute();
    // The tools of a stream run where the response of the provider is read, which is untraced.
    return tool.step.run(() => inClientCall(operation, call.execute));
  };

  /**
   * The channel has announced an operation. The SDK calls integrations in the same turn, if it calls them: if it did not, the
   * operation is recorded from the channel.
   */
  announceOperation(event: Json): void {
    this.#announced.add(event.callId);
    startMicrotask(() => {
      if (this.#announced.delete(event.callId)) this.#startFromChannel(event);
    });
  }

  /** Whether the event belongs to an operation that is recorded from the channel. */
  isFromChannel(event: Json): boolean {
    return this.#operation(event)?.isFromChannel === true;
  }

  #startFromChannel = guarded((event) => {
    const name = stringOrUndefined(event.operationId)?.replace(/^ai\./, '') ?? '';
    if (/^embed/.test(name)) this.#startSingle(name, event);
    else this.#startOperation(event);
    this.#operation(event)?.markFromChannel();
  });

  endOperation(event: Json, result: Json): void {
    const operation = this.#operation(event);
    if (operation === undefined) return;
    if (operation.kind === 'single') {
      this.#endSingle({ ...result, callId: event.callId });
      return;
    }
    operation.model?.endUnfinished();
    const answer = stringOrUndefined(result.text) ?? operation.model?.text;
    this.onEnd({ callId: event.callId, text: answer ?? '' });
  }

  /** Starts a model call that is recorded from the channel, or a retry of it. */
  startModel(event: Json): void {
    const operation = this.#operation(event);
    if (operation === undefined || operation.retryModel()) return;
    operation.startModel(event);
    operation.model?.announceRequest(event.messages);
  }

  failModel(event: Json, error: unknown): void {
    const operation = this.#operation(event);
    operation?.markModelFailed();
    operation?.model?.fail(error);
  }

  modelOf(event: Json): AiModelCall | undefined {
    return this.#operation(event)?.model;
  }

  toolOf(event: Json): RecordedCall | undefined {
    return this.#operation(event)?.toolOf(objectOrEmpty(event.toolCall).toolCallId);
  }

  #startSingle(name: string, event: Json): void {
    const kind = OPERATIONS[name];
    const { callId, provider, modelId, text: input, query, values = event.value } = event;
    if (kind === undefined || this.#operations.get(callId) !== undefined) return;
    const options = optionsOf(this.#options, event);
    const request = { kind, provider, modelId, params: event, description: descriptionOf(event) };
    const onTraceEnd = () => this.#operations.forget(callId);
    const call = AiModelCall.start(options, request, { onTraceEnd });
    if (call === undefined) return;
    this.#operations.add(callId, new Operation('single', options, { model: call }));
    call.announceRequest(input ?? query ?? values);
  }

  #endSingle(event: Json): void {
    this.#operation(event)?.model?.endWith(event);
    this.#operations.end(event.callId);
  }

  #operation({ callId }: Json): Operation | undefined {
    return this.#operations.get(callId);
  }

  #end({ callId }: Json, end: (recorded: RecordedCall, options: CallOptions) => void): void {
    const operation = this.#operations.get(callId);
    if (operation === undefined || operation.isOver) return;
    operation.markOver();
    // A tool that ignores the app's abort ends later.
    if (!operation.hasOpenTools) this.#operations.end(callId);
    if (operation.recorded !== undefined) end(operation.recorded, operation.options);
  }
}

/** The options for one call, which may hide its inputs or outputs by `recordInputs` and `recordOutputs`. */
function optionsOf(options: CallOptions, { recordInputs, recordOutputs }: Json): CallOptions {
  if (recordInputs !== false && recordOutputs !== false) return options;
  const { redact } = options;
  const isHidden = { inputs: recordInputs === false, output: recordOutputs === false };
  return {
    ...options,
    redact: (content, part) => {
      if (isHidden[part]) return undefined;
      return redact === undefined ? content : redact(content, part);
    },
  };
}

/** The app's own context, as far as it lets the SDK pass it on. */
function detailsIn({ runtimeContext, toolsContext }: Json): Json {
  return nonEmptyFieldsOrUndefined({ runtimeContext, toolsContext }) ?? {};
}

function descriptionOf({ functionId, runtimeContext }: Json): CallDescription {
  return { functionId: stringOrUndefined(functionId), runtimeContext };
}

/** The tool approvals in a content: which tools needed one, and the decisions. */
function approvalsIn(content: unknown): readonly Json[] {
  return arrayOrEmpty(content)
    .map(objectOrEmpty)
    .filter(({ type }) => /^tool-approval-/.test(String(type)))
    .map(({ toolCall, ...approval }) => ({ ...approval, tool: objectOrEmpty(toolCall).toolName }));
}

/** The other fields of a tool's event. */
function toolDetails({ toolContext }: Json, source: unknown): Json {
  const details = Object.entries(
    nonEmptyFields({ ...objectOrEmpty(source), toolContext }, READ_OF_TOOL),
  );
  return Object.fromEntries(details.filter(([, value]) => value !== false));
}

function reasonMessage(reason: unknown): unknown {
  return isError(reason) ? thrownText(reason) : reason;
}

const READ_OF_TOOL = nameSet('type toolName input output error');

/** The object without its empty fields; undefined if there are no others. */
function nonEmptyFieldsOrUndefined(value: Json): Json | undefined {
  const fields = nonEmptyFields(value);
  return Object.keys(fields).length > 0 ? fields : undefined;
}

/** A listener that never throws. */
function guarded(listen: (event: Json) => void): (event: unknown) => void {
  return (event) => runGuarded('telemetry', () => listen(objectOrEmpty(event)));
}
