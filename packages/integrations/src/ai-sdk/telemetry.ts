/** Records the telemetry events of the AI SDK, version 7, as steps: operations, their model calls, and their tools. */

import { inClientCall, isError, runGuarded, untraced } from '@openlayer-tracing/core/integration';
import { recordedContent, recordedDetails } from '../common/content/recorded-content.js';
import { thrownError } from '../common/failures/call-error.js';
import { endAborted, failCall } from '../common/failures/fail-call.js';
import { isAbort, isTimeout, thrownText } from '../common/failures/thrown.js';
import {
  arrayOrEmpty,
  type JsonObject,
  nonEmptyFields,
  nonEmptyFieldsOrUndefined,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import { wordSet } from '../common/words.js';
import type { OpenOperations } from './open-operations.js';
import { settingsIn } from './parameters.js';
import { recordResponse } from './trace-model.js';
import { startTool } from './trace-tools.js';

type Execute<T> = () => PromiseLike<T>;

/** A telemetry integration of the AI SDK. Its listeners never throw. */
export class AiSdkTelemetry {
  readonly #operations: OpenOperations;

  constructor(operations: OpenOperations) {
    this.#operations = operations;
  }

  onStart = this.#started((event) => this.#operations.start(event));

  /** A listener for the start of an operation. */
  #started(start: (event: JsonObject) => void): (event: unknown) => void {
    return guarded((event) => {
      this.#operations.markReported(event);
      start(event);
    });
  }

  /** The parameters of the next model call, which may differ from those of the operation. */
  onStepStart = guarded((event) => this.#operations.of(event)?.startStep(settingsIn(event)));

  /** Of a stream, the SDK reports each attempt as a start; otherwise only the first one. */
  onLanguageModelCallStart = guarded((event) => {
    const operation = this.#operations.of(event);
    if (operation?.retryModel() === false) operation.startModel(event);
  });
  onObjectStepStart = guarded((event) => {
    const operation = this.#operations.of(event);
    operation?.startModel(event);
    operation?.model?.announceRequest(event.promptMessages);
  });
  onObjectStepEnd = guarded((event) => this.#operations.of(event)?.model?.endWith(event));

  /** Streams of transcripts have events of their own. */
  experimental_onStreamTranscriptionStart = this.#started((event) =>
    this.#operations.startSingle('streamTranscribe', event),
  );
  experimental_onStreamTranscriptionEnd = guarded((event) => this.#operations.endSingle(event));
  experimental_onDecideStart = this.#started((event) =>
    this.#operations.startSingle('decide', event),
  );
  experimental_onDecideEnd = guarded((event) => this.#operations.endSingle(event));

  onEmbedStart = guarded((event) => this.#operations.of(event)?.startEmbedding(event));
  onEmbedEnd = guarded((event) => this.#operations.of(event)?.endEmbedding(event));

  onToolExecutionStart = guarded((event) => {
    const operation = this.#operations.of(event);
    const { toolCallId, toolName, input } = objectOrEmpty(event.toolCall);
    if (operation === undefined) return;
    const { options } = operation;
    const about = recordedDetails(options, toolDetails(event, event.toolCall));
    const name = stringOrUndefined(toolName) ?? 'tool';
    const onTraceEnd = () => this.#operations.endTool(event, operation, toolCallId);
    const tool = startTool(options, { name, input, operation, metadata: about, onTraceEnd });
    if (tool !== undefined) operation.startTool(toolCallId, tool);
  });

  onToolExecutionEnd = guarded((event) => {
    const { toolCallId } = objectOrEmpty(event.toolCall);
    const operation = this.#operations.of(event);
    const tool = operation?.toolOf(toolCallId);
    if (operation === undefined || tool === undefined) return;
    const { options } = operation;
    const { type, output, error } = objectOrEmpty(event.toolOutput);
    const metadata = recordedDetails(options, toolDetails(event, event.toolOutput));
    const { signal } = operation;
    if (type === 'tool-error') failCall(tool, options, error, { update: { metadata }, signal });
    else tool.end({ output: recordedContent(options, 'output', output), metadata });
    this.#operations.endTool(event, operation, toolCallId);
  });

  onEnd = guarded((event) => {
    const operation = this.#operations.of(event);
    if (operation?.kind === 'single') this.#operations.endSingle(event);
    else if (operation?.kind === 'embed' || operation?.kind === 'embedMany') {
      this.#operations.endEmbeddings(event);
    } else this.#endRun(event);
  });

  #endRun(event: JsonObject): void {
    const { text: written, object, error, content } = event;
    const answer = object ?? (written === '' ? undefined : written);
    // The last response may have ended with an event that states an error.
    const failure = error ?? this.#operations.of(event)?.model?.failure;
    this.#operations.end(event, (recorded, options) => {
      const output = recordedContent(options, 'output', answer);
      const metadata = recordedDetails(
        options,
        nonEmptyFieldsOrUndefined({ approvals: approvalsIn(content) }),
      );
      // The error of an object that does not match its schema.
      if (failure === undefined || object !== undefined) recorded.end({ output, metadata });
      else recorded.fail(thrownError(options, failure), { output, metadata });
    });
  }

  onAbort = guarded((event) => {
    const { callId, reason } = event;
    if (isTimeout(reason)) {
      this.onError({ callId, error: reason });
      return;
    }
    const operation = this.#operations.of(event);
    operation?.abort(reason);
    // The default AbortError carries no reason.
    const abortReason = isAbort(reason) ? undefined : reasonMessage(reason);
    this.#operations.end(event, (recorded, options) => {
      const about = recordedDetails(options, nonEmptyFieldsOrUndefined({ abortReason }));
      const output = recordedContent(options, 'output', operation?.model?.text);
      endAborted(recorded, { output, metadata: about });
    });
  });

  onError = guarded((event) => {
    const { error } = event;
    // The model's step is failed only once.
    const operation = this.#operations.of(event);
    operation?.failOpenModels(error);
    if (isAbort(error)) operation?.abortRetry(error);
    const answer = operation?.model?.text;
    this.#operations.end(event, (recorded, options) => {
      const output = recordedContent(options, 'output', answer);
      failCall(recorded, options, error, { update: { output } });
    });
  });

  /** Runs the request to the provider untraced: otherwise a traced client would record it a second time. */
  executeLanguageModelCall = async <T>(call: JsonObject & { execute: Execute<T> }): Promise<T> => {
    const operation = this.#operations.of(call);
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

  executeTool = async <T>(call: JsonObject & { execute: Execute<T> }): Promise<T> => {
    const operation = this.#operations.of(call);
    const tool = operation?.toolOf(call.toolCallId);
    if (operation === undefined || tool === undefined) return call.execute();
    // The tools of a stream run where the response of the provider is read, which is untraced.
    return tool.step.run(() => inClientCall(operation, call.execute));
  };
}

/** The tool approvals in a content: which tools needed one, and the decisions. */
function approvalsIn(content: unknown): readonly JsonObject[] {
  return arrayOrEmpty(content)
    .map(objectOrEmpty)
    .filter(({ type }) => /^tool-approval-/.test(String(type)))
    .map(({ toolCall, ...approval }) => ({ ...approval, tool: objectOrEmpty(toolCall).toolName }));
}

const KNOWN_OF_TOOL = wordSet('type toolName input output error');

/** The other fields of a tool's event. */
function toolDetails({ toolContext }: JsonObject, source: unknown): JsonObject {
  const details = Object.entries(
    nonEmptyFields({ ...objectOrEmpty(source), toolContext }, KNOWN_OF_TOOL),
  );
  return Object.fromEntries(details.filter(([, value]) => value !== false));
}

function reasonMessage(reason: unknown): unknown {
  return isError(reason) ? thrownText(reason) : reason;
}

/** A listener that never throws. */
function guarded(listen: (event: JsonObject) => void): (event: unknown) => void {
  return (event) => runGuarded('telemetry', () => listen(objectOrEmpty(event)));
}
