/** The open operations of the AI SDK: how each kind of operation is recorded from its start to its end. */

import {
  type RecordedCall,
  runGuarded,
  startCall,
  startMicrotask,
} from '@openlayer-tracing/core/integration';
import { OpenRuns } from '../common/calls/open-runs.js';
import { recordedContent, recordedDetails } from '../common/content/recorded-content.js';
import {
  type JsonObject,
  nonEmptyFieldsOrUndefined,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import type { CallDescription } from './model-call.js';
import { SINGLE_OPERATIONS } from './model-kinds.js';
import { Operation } from './operation.js';
import { settingsIn } from './parameters.js';

/** The operations that have not ended. The SDK's telemetry and its diagnostics channel report them. */
export class OpenOperations {
  readonly #options: CallOptions;
  /** By the id that all events of an operation have. Events of streams are sent from various scopes. */
  readonly #operations = new OpenRuns<Operation>();
  /** The ids of operations that the channel has announced, and whose telemetry event has not been received. */
  readonly #announced = new Set<unknown>();

  constructor(options: CallOptions) {
    this.#options = options;
  }

  /** The operation that an event belongs to; undefined if it is not open. */
  of({ callId }: JsonObject): Operation | undefined {
    return this.#operations.get(callId);
  }

  /** The telemetry reports the start of an operation, which is then not recorded from the channel. */
  markReported({ callId }: JsonObject): void {
    this.#announced.delete(callId);
  }

  /**
   * The channel has announced an operation. The SDK calls integrations in the same turn, if it calls them: if it did not, the
   * operation is recorded from the channel.
   */
  announce(event: JsonObject): void {
    this.#announced.add(event.callId);
    startMicrotask(() => {
      if (!this.#announced.delete(event.callId)) return;
      runGuarded('telemetry', () => this.#startFromChannel(event));
    });
  }

  #startFromChannel(event: JsonObject): void {
    const name = nameOf(event);
    if (/^embed/.test(name)) this.startSingle(name, event);
    else this.start(event);
    this.of(event)?.markFromChannel();
  }

  /** Starts an operation of any kind, by the SDK's name of it. */
  start(event: JsonObject): void {
    const { callId, functionId, messages, tools, instructions, system } = event;
    // The events of version 6 have no id that distinguishes operations.
    if (typeof callId !== 'string') return;
    const name = nameOf(event);
    if (!/^(generate|stream)(Text|Object)$/.test(name)) {
      if (/^embed/.test(name)) this.#startEmbed(event);
      else this.startSingle(name, event);
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

  #startEmbed(event: JsonObject): void {
    const kind = event.operationId === 'ai.embed' ? 'embed' : 'embedMany';
    const operation = new Operation(kind, optionsOf(this.#options, event), {
      settings: settingsIn(event),
      description: descriptionOf(event),
    });
    this.#operations.addStepless(event.callId, operation);
  }

  /** Starts an operation that is recorded as one call of a model. */
  startSingle(name: string, event: JsonObject): void {
    const kind = SINGLE_OPERATIONS[name];
    const { callId, provider, modelId, text: input, query, values = event.value } = event;
    if (kind === undefined || this.#operations.get(callId) !== undefined) return;
    const options = optionsOf(this.#options, event);
    const request = { kind, provider, modelId, params: event, description: descriptionOf(event) };
    const onTraceEnd = () => this.#operations.forget(callId);
    const operation = new Operation('single', options);
    const call = operation.startSingle(request, onTraceEnd);
    if (call === undefined) return;
    this.#operations.add(callId, operation);
    call.announceRequest(input ?? query ?? values);
  }

  /** Ends an operation that is recorded as one call of a model, with its response. */
  endSingle(event: JsonObject): void {
    this.of(event)?.model?.endWith(event);
    this.#operations.end(event.callId);
  }

  /** Ends `embed` or `embedMany`, with what the end of the operation says about its embeddings. */
  endEmbeddings(event: JsonObject): void {
    const operation = this.of(event);
    this.#operations.end(event.callId);
    operation?.endEmbeddings(event);
  }

  /** Ends a tool, and the operation too if the tool was the last part of it. */
  endTool({ callId }: JsonObject, operation: Operation, toolCallId: unknown): void {
    operation.endTool(toolCallId);
    if (operation.isOver && !operation.hasOpenTools) this.#operations.end(callId);
  }

  /** Ends a run or a stream, whose tools may end later. @param end called with its step, unless it is over */
  end({ callId }: JsonObject, end: (recorded: RecordedCall, options: CallOptions) => void): void {
    const operation = this.#operations.get(callId);
    if (operation === undefined || operation.isOver) return;
    operation.markOver();
    // A tool that ignores the app's abort ends later.
    if (!operation.hasOpenTools) this.#operations.end(callId);
    if (operation.recorded !== undefined) end(operation.recorded, operation.options);
  }
}

/** The name of the SDK's function: `streamText` of `ai.streamText`. */
function nameOf({ operationId }: JsonObject): string {
  return stringOrUndefined(operationId)?.replace(/^ai\./, '') ?? '';
}

/** The options for one call, which may hide its inputs or outputs by `recordInputs` and `recordOutputs`. */
function optionsOf(options: CallOptions, { recordInputs, recordOutputs }: JsonObject): CallOptions {
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
function detailsIn({ runtimeContext, toolsContext }: JsonObject): JsonObject {
  return nonEmptyFieldsOrUndefined({ runtimeContext, toolsContext }) ?? {};
}

function descriptionOf({ functionId, runtimeContext }: JsonObject): CallDescription {
  return { functionId: stringOrUndefined(functionId), runtimeContext };
}
