import {
  announceRequest,
  currentWithin,
  processWide,
  type RecordedCall,
  runGuarded,
  type Step,
  type StepUpdate,
  startCall,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import { forgetOldest } from '../common/calls/forget-oldest.js';
import { OpenRuns } from '../common/calls/open-runs.js';
import { recordedDetails } from '../common/content/recorded-content.js';
import { messageError, streamError } from '../common/failures/call-error.js';
import { endAborted } from '../common/failures/fail-call.js';
import {
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  nonEmptyFields,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { openSteps } from './open-steps.js';
import {
  agentsSpanFacts,
  agentsStep,
  hasTurns,
  isModelSpan,
  isUnanswered,
  turnTokens,
} from './span-step.js';

/** The most failed workflows that are remembered, because they continue if the app caught the error. */
const MAX_FAILED = 1000;

/** The traces of the SDK that a processor records. The SDK passes the same object to all processors. */
const recordedTraces = processWide('integrations.agents-traces.v1', () => new WeakSet<object>());

interface OpenSpan {
  /** The parent of steps that start within the span. */
  readonly step: Step | undefined;
  /** The step of the span; undefined if the span only groups others. */
  readonly recorded: RecordedCall | undefined;
  /** The workflow, if steps within the span are its direct children. */
  readonly workflow?: RecordedCall | undefined;
  /** The workflow that ends with a failure of the span: the SDK does not report the end of a failed workflow. */
  readonly workflowToFail?: RecordedCall | undefined;
  readonly parent?: OpenSpan | undefined;
  /** Whether the model calls within it are its own, and not those of a tool or a guardrail. */
  readonly hasTurns: boolean;
  /** Whether the inputs of its first model call are known. */
  hasInputs?: boolean;
  /** The model calls within the span that have no token counts. */
  readonly uncounted: RecordedCall[];
}

/** A trace processor of the Agents SDK that records traces and spans as steps. Each span names its parent. */
export class AgentsProcessor {
  readonly #options: CallOptions;
  readonly #open = new OpenRuns<OpenSpan>((id) => this.#onForget(id));
  /** The ids of failed workflows, whose end the SDK does not report. */
  readonly #failed = new Set<unknown>();

  constructor(options: CallOptions) {
    this.#options = options;
  }

  async onTraceStart(trace: unknown): Promise<void> {
    runGuarded('span', () => {
      // Another processor records it, perhaps one of another copy or build of this package.
      if (recordedTraces.has(trace as object)) return;
      recordedTraces.add(trace as object);
      const { traceId, name, groupId, metadata } = trace as Record<string, unknown>;
      const about = recordedDetails(this.#options, nonEmptyFields({ groupId, metadata }));
      const recorded = startCall(
        {
          name: stringOrUndefined(name) ?? 'Agent workflow',
          type: 'chain',
          metadata: { ...about, agentsTraceId: traceId },
        },
        {
          soFar: () => {
            this.#open.forget(traceId);
            return undefined;
          },
        },
      );
      if (recorded === undefined) return;
      const workflow = recorded as RecordedCall;
      workflow.startBackgroundWork();
      this.#open.add(traceId, {
        step: recorded.step,
        recorded: workflow,
        workflow,
        hasTurns: true,
        uncounted: [],
      });
      openSteps.remember(traceId, recorded.step);
    });
  }

  async onTraceEnd(trace: unknown): Promise<void> {
    runGuarded('span', () => {
      const { traceId } = trace as Record<string, unknown>;
      this.#open.get(traceId)?.recorded?.end();
      this.#open.end(traceId);
    });
  }

  async onSpanStart(span: unknown): Promise<void> {
    runGuarded('span', () => {
      const { spanId, parentId, traceId, spanData } = span as Record<string, unknown>;
      const parent = this.#open.get(parentId) ?? this.#open.get(traceId);
      // A span without a recorded parent would be a trace of its own.
      if (parent?.step === undefined) return;
      // The app caught the error of the run before, and continues the workflow.
      if (parent.workflow?.isOpen === false) parent.workflow.retry();
      if (parent.workflow?.isOpen === true) this.#failed.delete(traceId);
      const options = agentsStep(objectOrEmpty(spanData), this.#options);
      const recorded =
        options &&
        startCall(
          options,
          {
            soFar: () => {
              this.#open.forget(spanId);
              return agentsSpanFacts(objectOrEmpty(spanData), this.#options).update;
            },
          },
          currentWithin(parent.step),
        );
      if (recorded !== undefined) recorded.startBackgroundWork();
      if (recorded !== undefined && isModelSpan(objectOrEmpty(spanData))) announceRequest(recorded);
      const open: OpenSpan = {
        step: recorded?.step ?? parent.step,
        recorded: recorded as RecordedCall | undefined,
        // A span that only groups others passes on the workflow.
        workflow: options === undefined ? parent.workflow : undefined,
        workflowToFail: parent.workflow,
        parent,
        hasTurns: hasTurns(objectOrEmpty(spanData)),
        uncounted: [],
      };
      const openParentId = this.#open.get(parentId) === undefined ? traceId : parentId;
      if (recorded === undefined) this.#open.addStepless(spanId, open, openParentId);
      else this.#open.add(spanId, open, openParentId);
      openSteps.remember(spanId, open.step);
    });
  }

  async onSpanEnd(span: unknown): Promise<void> {
    runGuarded('span', () => {
      const { spanId, traceId, spanData, error } = span as Record<string, unknown>;
      const open = this.#open.get(spanId);
      const { recorded, workflowToFail } = open ?? {};
      this.#open.end(spanId);
      const data = objectOrEmpty(spanData);
      const { billing, failure: statedFailure, ...facts } = agentsSpanFacts(data, this.#options);
      const update = {
        ...facts.update,
        metadata: {
          ...facts.update.metadata,
          ...this.#errorMetadata(error),
          ...(isModelSpan(data) && statusIn(error)),
        },
      };
      if (billing !== undefined) recorded?.addBilling(billing);
      if (open !== undefined) countTurn(open, data, update);
      if (open !== undefined && isModelSpan(data)) updateAgents(open.parent, update);
      if (error === null || error === undefined) {
        if (statedFailure !== undefined) {
          recorded?.fail(streamError(this.#options, statedFailure), update);
        } else if (recorded !== undefined && isUnanswered(data)) endAborted(recorded, update);
        else recorded?.end(update);
        return;
      }
      if (isAbortOf(error)) {
        if (recorded !== undefined) endAborted(recorded, update);
        if (workflowToFail === undefined) return;
        endAborted(workflowToFail);
        this.#keepFailed(traceId);
        return;
      }
      const failure = messageError(this.#options, 'AgentsError', spanErrorMessage(error));
      recorded?.fail(failure, update);
      if (workflowToFail === undefined) return;
      workflowToFail.fail(failure);
      this.#keepFailed(traceId);
    });
  }

  async shutdown(): Promise<void> {}
  async forceFlush(): Promise<void> {}

  /** The metadata for the fields of an error other than its message. */
  #errorMetadata(error: unknown): JsonObject {
    const errorData = fieldsExcept(objectOrEmpty(objectOrEmpty(error).data), 'error');
    return recordedDetails(this.#options, nonEmptyFields({ errorData }));
  }

  #keepFailed(traceId: unknown): void {
    // A span may end after its workflow, which cannot continue then.
    if (this.#open.get(traceId) === undefined) return;
    this.#failed.add(traceId);
    forgetOldest(this.#failed, MAX_FAILED, (oldest) => this.#open.forget(oldest));
  }

  #onForget(id: unknown): void {
    this.#failed.delete(id);
    openSteps.forget(id);
  }
}

/**
 * Adds token counts to a model call without a response, which the app may have the SDK leave out: the turn that the call belongs to
 * has them.
 */
function countTurn(open: OpenSpan, data: JsonObject, update: StepUpdate): void {
  const { recorded, parent, uncounted } = open;
  if (isModelSpan(data)) {
    const isCounted = (update as { promptTokens?: unknown }).promptTokens !== undefined;
    if (recorded !== undefined && !isCounted) parent?.uncounted.push(recorded);
  } else if (data.type === 'turn' && uncounted.length === 1) {
    const tokens = turnTokens(data.usage);
    if (tokens !== undefined) uncounted[0]?.update(tokenFields(tokens) as StepUpdate);
  }
}

/**
 * Gives the agent and the workflow of a model call its prompt, if it is their first, and its answer: the SDK states neither. An answer
 * that calls tools is not theirs.
 */
function updateAgents(parent: OpenSpan | undefined, { inputs, output }: StepUpdate): void {
  const asked = isJsonObject(inputs) && 'prompt' in inputs ? { prompt: inputs.prompt } : inputs;
  const isAnswer = output !== undefined && !(isJsonObject(output) && 'tool_calls' in output);
  for (let span = parent; span?.hasTurns === true; span = span.parent) {
    if (span.recorded?.isOpen !== true) continue;
    if (!span.hasInputs && asked !== undefined) span.recorded.update({ inputs: asked });
    span.hasInputs = true;
    if (isAnswer) span.recorded.update({ output });
  }
}

/** The messages of the errors with which clients and runtimes end a call that was aborted. */
const ABORT =
  /^(\w*Error: )?(request was aborted|(this|the) operation was aborted|aborted)\.?$|^AbortError\b/i;

/** Whether the app aborted what the span stands for. The SDK states no more than the text of an error. */
function isAbortOf(error: unknown): boolean {
  const { message, data } = objectOrEmpty(error);
  return ABORT.test(
    stringOrUndefined(objectOrEmpty(data).error) ?? stringOrUndefined(message) ?? '',
  );
}

/** The HTTP status that the text of an error begins with: `Error: 429 slow down`. */
function statusIn(error: unknown): JsonObject {
  const [, status] = /(?:^|: )([45]\d\d) /.exec(spanErrorMessage(error)) ?? [];
  return status === undefined ? {} : { status: Number(status) };
}

/** The SDK's message, and the message of the error that caused it. */
function spanErrorMessage(error: unknown): string {
  const { message, data } = objectOrEmpty(error);
  const cause = stringOrUndefined(objectOrEmpty(data).error);
  const what = stringOrUndefined(message) ?? 'failed';
  return cause === undefined || cause === what ? what : `${what}: ${cause}`;
}
