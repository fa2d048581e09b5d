import { type RecordedCall, recognizeAcrossCopies } from '@openlayer-tracing/core/integration';
import type { Json } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import type { AiModelCall, CallDescription } from './model-call.js';

/** `single`: an operation that is recorded as one call of a model, such as a reranking or a transcription. */
type OperationKind = 'run' | 'stream' | 'single' | 'embed' | 'embedMany';

/** The state of one call of the AI SDK by the app: generateText, streamObject, embed, ... */
export class Operation {
  readonly kind: OperationKind;
  /** The step of the operation; undefined for embeddings and single calls, which have only the steps of their model calls. */
  readonly recorded: RecordedCall | undefined;
  model: AiModelCall | undefined = undefined;
  /** The options of the integration; `recordInputs` and `recordOutputs` of the call may hide content in addition. */
  readonly options: CallOptions;
  /** The parameters of its model calls. */
  settings: Json = {};
  /** The app's description, for an operation without a step of its own. */
  description: CallDescription | undefined = undefined;
  /** The response of the only embedding, until the operation ends. */
  embedding: Json = {};
  /** Whether the operation is recorded from the diagnostics channel. */
  isFromChannel = false;
  /** Whether the model call failed, so that the next request is a retry. */
  isRetried = false;
  readonly tools = new Map<unknown, RecordedCall>();
  readonly embeddings = new Map<unknown, AiModelCall>();
  /** The embedding calls that have ended, in the order of their requests. */
  readonly embedded: AiModelCall[] = [];

  constructor(kind: OperationKind, options: CallOptions, recorded?: RecordedCall) {
    this.kind = kind;
    this.options = options;
    this.recorded = recorded;
  }

  startTool(id: unknown, tool: RecordedCall): void {
    this.tools.set(id, tool);
    // Tools run even if nobody reads the stream.
    if (this.recorded !== undefined) this.recorded.startBackgroundWork();
  }

  endTool(id: unknown): void {
    this.tools.delete(id);
    if (this.recorded === undefined || this.kind !== 'stream') return;
    if (this.tools.size === 0) this.recorded.stopBackgroundWork();
  }
}

// One copy or build of this package may record the telemetry, and another one trace the tools.
recognizeAcrossCopies(Operation, 'integrations.ai-sdk-operation.v1');
