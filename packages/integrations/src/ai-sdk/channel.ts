/**
 * Records calls of the AI SDK from its diagnostics channel, which version 7 has on Node. The SDK does not call registered telemetry
 * integrations for calls with their own `telemetry.integrations`: only those calls are recorded from the channel.
 */

import {
  announcingChannels,
  runGuarded,
  type Step,
  scopeChannel,
} from '@openlayer-tracing/core/integration';
import {
  arrayOrEmpty,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import type { OpenOperations } from './open-operations.js';
import type { Operation } from './operation.js';
import type { AiSdkTelemetry } from './telemetry.js';

interface ChannelMessage {
  readonly type: unknown;
  readonly event: JsonObject;
  readonly result?: unknown;
  readonly error?: unknown;
}

const NAME = 'ai:telemetry';
const OPERATION =
  /^(generateText|streamText|embed|embedMany|rerank|generateSpeech|transcribe|streamTranscribe|experimental_decide)$/;

/** Subscribes to the channel. Does nothing if the runtime has no diagnostics channels. */
export function listenToChannel(operations: OpenOperations, telemetry: AiSdkTelemetry): void {
  const channels = announcingChannels(NAME);
  if (channels === undefined) return;
  const listener = new ChannelListener(operations, telemetry);
  scopeChannel(channels.start, (message) => listener.start(channelMessage(message)));
  channels.asyncEnd.subscribe((message) => {
    runGuarded('channel', () => listener.end(channelMessage(message)));
  });
}

function channelMessage(message: unknown): ChannelMessage {
  const { type, event, result, error } = objectOrEmpty(message);
  return { type, event: objectOrEmpty(event), result, error };
}

class ChannelListener {
  readonly #operations: OpenOperations;
  /** Records what the channel reports in the same form. */
  readonly #telemetry: AiSdkTelemetry;

  constructor(operations: OpenOperations, telemetry: AiSdkTelemetry) {
    this.#operations = operations;
    this.#telemetry = telemetry;
  }

  /** @returns the step in whose scope the announced code runs; undefined to keep the scope */
  start({ type, event }: ChannelMessage): Step | undefined {
    if (OPERATION.test(String(type))) {
      this.#operations.announce(event);
      return undefined;
    }
    const operation = this.#operations.of(event);
    if (operation?.isFromChannel !== true) return undefined;
    if (type === 'step') this.#telemetry.onStepStart(event);
    else if (type === 'languageModelCall') startModel(operation, event);
    else if (type === 'executeTool') {
      this.#telemetry.onToolExecutionStart(event);
      return operation.toolOf(objectOrEmpty(event.toolCall).toolCallId)?.step;
    }
    return undefined;
  }

  end({ type, event, result, error }: ChannelMessage): void {
    const operation = this.#operations.of(event);
    if (operation?.isFromChannel !== true) return;
    if (OPERATION.test(String(type))) {
      if (error !== undefined) this.#telemetry.onError({ callId: event.callId, error });
      else this.#endOperation(operation, event, operationResult(result));
    } else if (type === 'languageModelCall') endModel(operation, result, error);
    else if (type === 'executeTool') {
      const toolOutput =
        error === undefined ? objectOrEmpty(result).output : { type: 'tool-error', error };
      this.#telemetry.onToolExecutionEnd({ ...event, toolOutput });
    }
  }

  #endOperation(operation: Operation, { callId }: JsonObject, result: JsonObject): void {
    if (operation.kind === 'single') {
      this.#operations.endSingle({ ...result, callId });
      return;
    }
    operation.model?.endUnfinished();
    const answer = stringOrUndefined(result.text) ?? operation.model?.text;
    this.#telemetry.onEnd({ callId, text: answer ?? '' });
  }
}

/** Starts a call of the operation's model, or a retry of it. */
function startModel(operation: Operation, event: JsonObject): void {
  if (operation.retryModel()) return;
  operation.startModel(event);
  operation.model?.announceRequest(event.messages);
}

function endModel(operation: Operation, result: unknown, error: unknown): void {
  const { model } = operation;
  if (model === undefined) return;
  if (error !== undefined) {
    operation.markModelFailed();
    model.fail(error);
    return;
  }
  const { stream } = objectOrEmpty(result);
  // The SDK reads the stream from the object that it passes here.
  if (isJsonObject(result) && stream instanceof ReadableStream) {
    Object.assign(result, { stream: model.observeStream(stream, result) });
  } else {
    // There is no result if the app hides inputs or outputs.
    model.endWith(result ?? {});
  }
}

/** The result of an operation in the form that its telemetry events have. */
function operationResult(result: unknown): JsonObject {
  const fields = objectOrEmpty(result);
  const { responses, audio } = fields;
  const [response] = arrayOrEmpty(responses);
  const { uint8Array, mediaType } = objectOrEmpty(audio);
  return {
    ...fields,
    text: stringOrUndefined(fields.text),
    ...(response !== undefined && { response }),
    ...(uint8Array instanceof Uint8Array && {
      audio: { byteLength: uint8Array.byteLength, mediaType },
    }),
  };
}
