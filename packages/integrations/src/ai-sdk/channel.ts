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
  isRecord,
  type Json,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import type { AiTelemetry } from './telemetry.js';

interface ChannelMessage {
  readonly type: unknown;
  readonly event: Json;
  readonly result?: unknown;
  readonly error?: unknown;
}

const NAME = 'ai:telemetry';
const OPERATION =
  /^(generateText|streamText|embed|embedMany|rerank|generateSpeech|transcribe|streamTranscribe|experimental_decide)$/;

/** Subscribes to the channel. Does nothing if the runtime has no diagnostics channels. */
export function listenToChannel(telemetry: AiTelemetry): void {
  const channels = announcingChannels(NAME);
  if (channels === undefined) return;
  const listener = new ChannelListener(telemetry);
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
  readonly #telemetry: AiTelemetry;

  constructor(telemetry: AiTelemetry) {
    this.#telemetry = telemetry;
  }

  /** @returns the step in whose scope the announced code runs; undefined to keep the scope */
  start({ type, event }: ChannelMessage): Step | undefined {
    const telemetry = this.#telemetry;
    if (OPERATION.test(String(type))) telemetry.announceOperation(event);
    else if (!telemetry.isFromChannel(event)) return undefined;
    else if (type === 'step') telemetry.onStepStart(event);
    else if (type === 'languageModelCall') telemetry.startModel(event);
    else if (type === 'executeTool') {
      telemetry.onToolExecutionStart(event);
      return telemetry.toolOf(event)?.step;
    }
    return undefined;
  }

  end({ type, event, result, error }: ChannelMessage): void {
    if (!this.#telemetry.isFromChannel(event)) return;
    if (OPERATION.test(String(type))) this.#endOperation(event, result, error);
    else if (type === 'languageModelCall') this.#endModel(event, result, error);
    else if (type === 'executeTool') {
      const toolOutput =
        error === undefined ? objectOrEmpty(result).output : { type: 'tool-error', error };
      this.#telemetry.onToolExecutionEnd({ ...event, toolOutput });
    }
  }

  #endOperation(event: Json, result: unknown, error: unknown): void {
    const { callId } = event;
    if (error !== undefined) this.#telemetry.onError({ callId, error });
    else this.#telemetry.endOperation(event, operationResult(result));
  }

  #endModel(event: Json, result: unknown, error: unknown): void {
    const model = this.#telemetry.modelOf(event);
    if (model === undefined) return;
    if (error !== undefined) {
      this.#telemetry.failModel(event, error);
      return;
    }
    const { stream } = objectOrEmpty(result);
    // The SDK reads the stream from the object that it passes here.
    if (isRecord(result) && stream instanceof ReadableStream) {
      Object.assign(result, { stream: model.observeStream(stream, result) });
    } else {
      // There is no result if the app hides inputs or outputs.
      model.endWith(result ?? {});
    }
  }
}

/** The result of an operation in the form that its telemetry events have. */
function operationResult(result: unknown): Json {
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
