import {
  currentWithin,
  expectExchange,
  type RecordedCall,
  reportFailure,
  type Step,
  type StepUpdate,
  startCall,
} from '@openlayer-tracing/core/integration';
import { CallError } from '../common/call-error.js';
import { record, text } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { forgetStep, rememberStep } from './current-step.js';
import { isModelSpan, spanStep, spanUpdate } from './span-facts.js';

interface Open {
  /** What begins below it. */
  readonly step: Step | undefined;
  /** Undefined where it only groups others. */
  readonly recorded: RecordedCall | undefined;
  /** The workflow, where what begins below it stands right below that. */
  readonly workflow?: RecordedCall | undefined;
  /** What ends by its failure: the SDK does not tell of the end of a workflow that failed. */
  readonly failsWith?: RecordedCall | undefined;
}

/** Hears of a run's trace and spans where they begin; a span names its parent, so that none is guessed. */
export class AgentsProcessor {
  readonly #options: CallOptions;
  readonly #open = new Map<unknown, Open>();

  constructor(options: CallOptions) {
    this.#options = options;
  }

  async onTraceStart(trace: unknown): Promise<void> {
    guarded(() => {
      const { traceId, name } = trace as Record<string, unknown>;
      const recorded = startCall(
        { name: text(name) ?? 'Agent workflow', type: 'chain' },
        { soFar: () => this.#forget(traceId) },
      );
      if (recorded === undefined) return;
      const workflow = recorded as RecordedCall;
      workflow.goesOnByItself = true;
      this.#remember(traceId, { step: recorded.step, recorded: workflow, workflow });
    });
  }

  async onTraceEnd(trace: unknown): Promise<void> {
    guarded(() => {
      const { traceId } = trace as Record<string, unknown>;
      this.#open.get(traceId)?.recorded?.end();
      this.#forget(traceId);
    });
  }

  async onSpanStart(span: unknown): Promise<void> {
    guarded(() => {
      const { spanId, parentId, traceId, spanData } = span as Record<string, unknown>;
      const parent = this.#open.get(parentId) ?? this.#open.get(traceId);
      // What belongs to nothing that is recorded would be a trace of its own.
      if (parent?.step === undefined) return;
      // Somebody caught what the run before failed of, and goes on.
      if (parent.workflow?.isOpen === false) parent.workflow.tryAgain();
      const options = spanStep(record(spanData), this.#options);
      const recorded =
        options &&
        startCall(
          options,
          {
            soFar: () => {
              this.#forget(spanId);
              return spanUpdate(record(spanData), this.#options);
            },
          },
          currentWithin(parent.step),
        );
      if (recorded !== undefined) recorded.goesOnByItself = true;
      if (recorded !== undefined && isModelSpan(record(spanData))) expectExchange(recorded);
      this.#remember(spanId, {
        step: recorded?.step ?? parent.step,
        recorded: recorded as RecordedCall | undefined,
        // What only groups hands on where it stands.
        workflow: options === undefined ? parent.workflow : undefined,
        failsWith: parent.workflow,
      });
    });
  }

  async onSpanEnd(span: unknown): Promise<void> {
    guarded(() => {
      const { spanId, spanData, error } = span as Record<string, unknown>;
      const { recorded, failsWith } = this.#open.get(spanId) ?? {};
      this.#forget(spanId);
      const update: StepUpdate = spanUpdate(record(spanData), this.#options);
      if (error === null || error === undefined) {
        recorded?.end(update);
        return;
      }
      const failure = new CallError('AgentsError', messageOf(error));
      recorded?.fail(failure, update);
      failsWith?.fail(failure);
    });
  }

  async shutdown(): Promise<void> {}
  async forceFlush(): Promise<void> {}

  #remember(id: unknown, open: Open): void {
    this.#open.set(id, open);
    rememberStep(id, open.step);
  }

  #forget(id: unknown): undefined {
    this.#open.delete(id);
    forgetStep(id);
    return undefined;
  }
}

/** The SDK's own words, and those of the error that they stand for. */
function messageOf(error: unknown): string {
  const { message, data } = record(error);
  const why = text(record(data).error);
  const what = text(message) ?? 'failed';
  return why === undefined || why === what ? what : `${what}: ${why}`;
}

function guarded(listen: () => void): void {
  try {
    listen();
  } catch (error) {
    reportFailure('span', error);
  }
}
