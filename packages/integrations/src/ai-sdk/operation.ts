import type { RecordedCall } from '@openlayer-tracing/core/integration';
import type { AiModelCall } from './model-call.js';

/** What an app asks of the AI SDK in one call: generateText, streamObject, embed, ... */
export class Operation {
  /** Embeddings have no step but their calls of the model. */
  readonly recorded: RecordedCall | undefined;
  model: AiModelCall | undefined = undefined;
  /** Whether the call of the model failed, and may be tried again. */
  isRetried = false;
  readonly tools = new Map<unknown, RecordedCall>();
  readonly embeddings = new Map<unknown, AiModelCall>();

  constructor(recorded: RecordedCall | undefined) {
    this.recorded = recorded;
  }
}
