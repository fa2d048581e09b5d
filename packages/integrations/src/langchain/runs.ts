/** The runs that go on, by LangChain's ids, and the steps that stand for them. */

import {
  currentWithin,
  type RecordedCall,
  type Step,
  type StepOptions,
  type StepType,
  type StepUpdate,
  startCall,
} from '@openlayer-tracing/core/integration';
import { isAbort } from '../common/call-error.js';
import type { ModelRun } from './model-run.js';

interface Run {
  /** What begins below it. */
  readonly step: Step | undefined;
  /** Undefined where it is hidden: what it does stands below its parent. */
  readonly recorded: RecordedCall | undefined;
  model?: ModelRun;
}

export class Runs {
  readonly #runs = new Map<unknown, Run>();

  stepOf(runId: unknown): Step | undefined {
    return this.#runs.get(runId)?.step;
  }

  modelOf(runId: unknown): ModelRun | undefined {
    return this.#runs.get(runId)?.model;
  }

  /** A run without a step of its own. */
  hide(runId: unknown, parentId: unknown): void {
    this.#runs.set(runId, { step: this.stepOf(parentId), recorded: undefined });
  }

  /** @returns undefined where nothing is recorded */
  begin<T extends StepType>(
    runId: unknown,
    parentId: unknown,
    options: StepOptions<T>,
  ): RecordedCall | undefined {
    let run: Run | undefined;
    const parent = this.stepOf(parentId);
    const recorded = startCall(
      options,
      {
        // Runs that are never told to end do not stay here longer than their trace.
        soFar: () => {
          this.forget(runId);
          return run?.model?.soFar() as StepUpdate<T> | undefined;
        },
        amount: () => run?.model?.amount ?? 0,
      },
      parent && currentWithin(parent),
    ) as RecordedCall | undefined;
    if (recorded === undefined) return undefined;
    // A model's run says itself who has the next move.
    recorded.goesOnByItself = options.type !== 'chat_completion';
    run = { step: recorded.step, recorded };
    this.#runs.set(runId, run);
    return recorded;
  }

  /** The run that has begun is one of a model. */
  isModel(runId: unknown, model: ModelRun): void {
    const run = this.#runs.get(runId);
    if (run !== undefined) run.model = model;
  }

  end(runId: unknown, update: StepUpdate): void {
    this.#runs.get(runId)?.recorded?.end(update);
    this.forget(runId);
  }

  fail(runId: unknown, error: unknown): void {
    const recorded = this.#runs.get(runId)?.recorded;
    this.forget(runId);
    const { is_bubble_up: isControl, name } = (error ?? {}) as Record<string, unknown>;
    // Graphs throw what is no failure: an interrupt that waits for a human, a command to a parent.
    if (isControl === true) recorded?.end({ metadata: { ended: name } } as StepUpdate);
    else if (isAbort(error)) recorded?.end({ metadata: { ended: 'left' } } as StepUpdate);
    else recorded?.fail(error);
  }

  forget(runId: unknown): void {
    this.#runs.delete(runId);
  }
}
