/** The open runs of LangChain, their steps, and the current run. */

import {
  currentWithin,
  type RecordedCall,
  runGuarded,
  type Step,
  type StepOptions,
  type StepType,
  type StepUpdate,
  startCall,
  startTimer,
  unref,
} from '@openlayer-tracing/core/integration';
import { OpenRuns } from '../common/calls/open-runs.js';
import { recordedContent } from '../common/content/recorded-content.js';
import { endAborted } from '../common/failures/fail-call.js';
import { listenForAbort } from '../common/hooks/listen-for-abort.js';
import { isJsonObject, type JsonObject, objectOrEmpty } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { errorOfRun, isAborted } from './aborts.js';
import { graphControlOf } from './graph-control.js';
import type { ModelRun } from './model-run.js';
import { plainValue } from './plain-value.js';

interface Run {
  /** The parent of steps that start within the run. */
  readonly step: Step | undefined;
  /** The step of the run; undefined for a hidden run. */
  readonly recorded: RecordedCall | undefined;
  readonly parent: Run | undefined;
  model?: ModelRun;
  /** The app's abort signal: the last one that the run or a run below it had. */
  signal?: unknown;
  /** Stops listening to the signal of a model's run. */
  stopListening?: () => void;
  /** What nodes within the run have asked a human. */
  interrupts?: readonly unknown[];
}

/** How long LangChain has to report the end of a run that was aborted. */
const MAX_ABORT_MS = 1000;

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
          run?.stopListening?.();
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
    this.#endOnAbort(runId, run, signal);
  }

  /** Ends the run of a model if it is aborted while the app handles a piece of its stream: LangChain does not report that. */
  #endOnAbort(runId: unknown, run: Run, signal: unknown): void {
    const stopListening = listenForAbort(signal, (reason) => {
      const { amount } = run.model ?? {};
      const end = () => {
        const isOpen = this.#runs.get(runId) === run && run.model?.amount === amount;
        if (isOpen) runGuarded('abort', () => this.failModel(runId, reason));
      };
      unref(startTimer(end, MAX_ABORT_MS));
    });
    if (stopListening !== undefined) run.stopListening = stopListening;
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

  /** What nodes within the run have asked a human. */
  interruptsOf(runId: unknown): readonly unknown[] {
    return this.#runs.get(runId)?.interrupts ?? [];
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
    const control = graphControlOf(error);
    if (control !== undefined) {
      keepInterrupts(parent, control.interrupts);
      const output = recordedContent(this.#options, 'output', plainValue(control.output));
      recorded.end({ output, metadata: { ended: control.name } } as StepUpdate);
    } else if (isAborted(error, signal)) {
      keepAbort(parent, error);
      endAborted(recorded, update);
    } else recorded.fail(errorOfRun(this.#options, error, signal), update);
  }

  failModel(runId: unknown, error: unknown): void {
    const { model, signal } = this.#runs.get(runId) ?? {};
    model?.fail(error, signal);
    this.remove(runId);
  }

  /** The run is over. */
  remove(runId: unknown): void {
    this.#runs.get(runId)?.stopListening?.();
    this.#runs.end(runId);
  }
}

/** Keeps the signal of a run, for it and for those around it: their signals are the same, or this one depends on theirs. */
function keepSignal(run: Run, signal: unknown): void {
  if (!isJsonObject(signal)) return;
  for (let at: Run | undefined = run; at !== undefined && at.signal !== signal; at = at.parent) {
    at.signal = signal;
  }
}

/** Keeps what a node asks a human for the graph around it. A graph that throws it on has it from there. */
function keepInterrupts(run: Run | undefined, interrupts: readonly unknown[]): void {
  if (run === undefined || interrupts.length === 0) return;
  run.interrupts = [...(run.interrupts ?? []), ...interrupts];
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
  const extra = objectOrEmpty(objectOrEmpty(storage.getStore()).extra) as JsonObject & {
    [CONFIG]?: unknown;
  };
  const { callbacks, signal } = objectOrEmpty(extra[CONFIG]);
  const manager = objectOrEmpty(callbacks) as { getParentRunId?: unknown };
  const { getParentRunId } = manager;
  if (typeof getParentRunId !== 'function') return NO_RUN;
  return { runId: getParentRunId.call(manager), signal };
}
