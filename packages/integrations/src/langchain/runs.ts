/** The open runs of LangChain, their steps, and the current run. */

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
import { thrownError } from '../common/failures/call-error.js';
import { endLeft } from '../common/failures/fail-call.js';
import { isRecord, type Json, objectOrEmpty } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { isLeft } from './aborts.js';
import type { ModelRun } from './model-run.js';

interface Run {
  /** The parent of steps that start within the run. */
  readonly step: Step | undefined;
  /** The step of the run; undefined for a hidden run. */
  readonly recorded: RecordedCall | undefined;
  readonly parent: Run | undefined;
  model?: ModelRun;
  /** By which the app may abort the run: the latest one that the run or one below it was seen with. */
  signal?: unknown;
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
    const parent = this.#runs.get(parentId);
    if (parent?.step === undefined) return;
    this.#runs.addStepless(runId, { step: parent.step, recorded: undefined, parent }, parentId);
  }

  /** Starts the step of a run. @returns undefined if nothing is recorded */
  start<T extends StepType>(
    runId: unknown,
    parentId: unknown,
    options: StepOptions<T>,
  ): RecordedCall | undefined {
    let run: Run | undefined;
    const parent = this.#runs.get(parentId);
    this.#readCurrentSignal();
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
      parent?.step && currentWithin(parent.step),
    ) as RecordedCall | undefined;
    if (recorded === undefined) return undefined;
    // The run of a model says itself when it waits for the provider.
    if (options.type !== 'chat_completion') recorded.startBackgroundWork();
    run = { step: recorded.step, recorded, parent, signal: parent?.signal };
    this.#runs.add(runId, run, parentId);
    return recorded;
  }

  /**
   * Marks an open run as one of a model.
   * @param signal by which the app may abort it
   */
  setModel(runId: unknown, model: ModelRun, signal: unknown): void {
    const run = this.#runs.get(runId);
    if (run === undefined) return;
    run.model = model;
    keepSignal(run, signal);
  }

  /** The step of the run that the running code belongs to; undefined if there is none. */
  currentStep(): Step | undefined {
    return this.stepOf(this.#readCurrentSignal());
  }

  /** Only the code within a run sees its signal. @returns the id of the run */
  #readCurrentSignal(): unknown {
    const { runId, signal } = currentRun();
    const run = this.#runs.get(runId);
    if (run !== undefined) keepSignal(run, signal);
    return runId;
  }

  end(runId: unknown, update: StepUpdate): void {
    this.#runs.get(runId)?.recorded?.end(update);
    this.remove(runId);
  }

  fail(runId: unknown, error: unknown, update: StepUpdate = {}): void {
    const run = this.#runs.get(runId);
    this.remove(runId);
    if (run?.recorded === undefined) return;
    const { recorded, signal, parent } = run;
    const { is_bubble_up: isControl, name } = (error ?? {}) as Record<string, unknown>;
    // Graphs throw some objects that are no failures: an interrupt that waits for a human, a command to a parent.
    if (isControl === true) recorded.end({ metadata: { ended: name } } as StepUpdate);
    else if (isLeft(error, signal)) {
      keepAbort(parent, error);
      endLeft(recorded, update);
    } else recorded.fail(thrownError(this.#options, error), update);
  }

  failModel(runId: unknown, error: unknown): void {
    const { model, signal } = this.#runs.get(runId) ?? {};
    model?.fail(error, signal);
    this.remove(runId);
  }

  /** The run is over. */
  remove(runId: unknown): void {
    this.#runs.end(runId);
  }
}

/** Keeps the signal of a run, for it and for those around it: their signals are the same, or this one depends on theirs. */
function keepSignal(run: Run, signal: unknown): void {
  if (!isRecord(signal)) return;
  for (let at: Run | undefined = run; at !== undefined && at.signal !== signal; at = at.parent) {
    at.signal = signal;
  }
}

/** Of runs whose signals are not known, the abort of a run within them says that they may be aborted. */
function keepAbort(run: Run | undefined, reason: unknown): void {
  for (let at = run; at !== undefined; at = at.parent) at.signal ??= { aborted: true, reason };
}

/** The symbols under which LangChain keeps its AsyncLocalStorage, and under which the store has the config for child runs. */
const STORAGE = Symbol.for('ls:tracing_async_local_storage');
const CONFIG = Symbol.for('lc:child_config');

interface Storage {
  getStore(): unknown;
}

/** The run that the running code belongs to, as far as LangChain knows it. */
interface CurrentRun {
  readonly runId: unknown;
  readonly signal: unknown;
}

const NO_RUN: CurrentRun = { runId: undefined, signal: undefined };

function currentRun(): CurrentRun {
  const { [STORAGE]: storage } = globalThis as { [STORAGE]?: Storage };
  if (storage === undefined) return NO_RUN;
  const extra = objectOrEmpty(objectOrEmpty(storage.getStore()).extra) as Json & {
    [CONFIG]?: unknown;
  };
  const { callbacks, signal } = objectOrEmpty(extra[CONFIG]);
  const manager = objectOrEmpty(callbacks) as { getParentRunId?: unknown };
  const { getParentRunId } = manager;
  if (typeof getParentRunId !== 'function') return NO_RUN;
  return { runId: getParentRunId.call(manager), signal };
}
