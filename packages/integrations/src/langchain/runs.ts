/** The open runs of LangChain and their steps, and the id of the current run. */

import {
  currentWithin,
  type RecordedCall,
  type Step,
  type StepOptions,
  type StepType,
  type StepUpdate,
  startCall,
} from '@openlayer-tracing/core/integration';
import { OpenRuns } from '../common/calls/open-runs.js';
import { failCall } from '../common/failures/fail-call.js';
import { type Json, objectOrEmpty } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import type { ModelRun } from './model-run.js';

interface Run {
  /** The parent of steps that start within the run. */
  readonly step: Step | undefined;
  /** The step of the run; undefined for a hidden run. */
  readonly recorded: RecordedCall | undefined;
  model?: ModelRun;
}

/** The open runs by LangChain's ids. */
export class Runs {
  readonly #runs = new OpenRuns<Run>();
  readonly #options: CallOptions;

  constructor(options: CallOptions) {
    this.#options = options;
  }

  stepOf(runId: unknown): Step | undefined {
    return this.#runs.get(runId)?.step;
  }

  modelOf(runId: unknown): ModelRun | undefined {
    return this.#runs.get(runId)?.model;
  }

  /** Adds a run without a step of its own: its children become children of its parent. */
  hide(runId: unknown, parentId: unknown): void {
    const step = this.stepOf(parentId);
    if (step !== undefined) this.#runs.addStepless(runId, { step, recorded: undefined }, parentId);
  }

  /** Starts the step of a run. @returns undefined if nothing is recorded */
  start<T extends StepType>(
    runId: unknown,
    parentId: unknown,
    options: StepOptions<T>,
  ): RecordedCall | undefined {
    let run: Run | undefined;
    const parent = this.stepOf(parentId);
    const recorded = startCall(
      options,
      {
        // A run whose end LangChain never reports is forgotten with its trace.
        soFar: () => {
          this.#runs.forget(runId);
          return run?.model?.soFar() as StepUpdate<T> | undefined;
        },
        amount: () => run?.model?.amount ?? 0,
      },
      parent && currentWithin(parent),
    ) as RecordedCall | undefined;
    if (recorded === undefined) return undefined;
    // The run of a model says itself when it waits for the provider.
    if (options.type !== 'chat_completion') recorded.startBackgroundWork();
    run = { step: recorded.step, recorded };
    this.#runs.add(runId, run, parentId);
    return recorded;
  }

  /** Marks an open run as one of a model. */
  setModel(runId: unknown, model: ModelRun): void {
    const run = this.#runs.get(runId);
    if (run !== undefined) run.model = model;
  }

  end(runId: unknown, update: StepUpdate): void {
    this.#runs.get(runId)?.recorded?.end(update);
    this.remove(runId);
  }

  fail(runId: unknown, error: unknown, update: StepUpdate = {}): void {
    const recorded = this.#runs.get(runId)?.recorded;
    this.remove(runId);
    if (recorded === undefined) return;
    const { is_bubble_up: isControl, name } = (error ?? {}) as Record<string, unknown>;
    // Graphs throw some objects that are no failures: an interrupt that waits for a human, a command to a parent.
    if (isControl === true) recorded.end({ metadata: { ended: name } } as StepUpdate);
    else failCall(recorded, this.#options, error, { update });
  }

  /** The run is over. */
  remove(runId: unknown): void {
    this.#runs.end(runId);
  }
}

/** The symbols under which LangChain keeps its AsyncLocalStorage, and under which the store has the config for child runs. */
const STORAGE = Symbol.for('ls:tracing_async_local_storage');
const CONFIG = Symbol.for('lc:child_config');

interface Storage {
  getStore(): unknown;
}

/** The id of the run that the running code belongs to; undefined if LangChain does not know it. */
export function currentRunId(): unknown {
  const { [STORAGE]: storage } = globalThis as { [STORAGE]?: Storage };
  if (storage === undefined) return undefined;
  const extra = objectOrEmpty(objectOrEmpty(storage.getStore()).extra) as Json & {
    [CONFIG]?: unknown;
  };
  const callbacks = objectOrEmpty(objectOrEmpty(extra[CONFIG]).callbacks) as {
    getParentRunId?: unknown;
  };
  const { getParentRunId } = callbacks;
  return typeof getParentRunId === 'function' ? getParentRunId.call(callbacks) : undefined;
}
