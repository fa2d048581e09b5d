import { forgetOldest } from './forget-oldest.js';

/** The most runs without a step and without a parent. Above this number the oldest is forgotten. */
const MAX_ALONE = 10_000;

interface Entry<Run> {
  readonly run: Run;
  parentId: unknown;
  /** The ids of the open runs below this one that have no step of their own. */
  stepless: Set<unknown> | undefined;
}

/**
 * The open runs or spans of a framework, by the framework's ids. A framework may never report the end of a run, as when nobody
 * reads a stream to its end. A run with a step is then forgotten with its trace, by the caller. A run without a step is forgotten
 * with its parent at the latest.
 */
export class OpenRuns<Run> {
  readonly #runs = new Map<unknown, Entry<Run>>();
  /** The ids of the runs that have no step and no parent. */
  readonly #alone = new Set<unknown>();
  readonly #onForget: ((id: unknown) => void) | undefined;

  /** @param onForget called with the id of each run that is over or forgotten */
  constructor(onForget?: (id: unknown) => void) {
    this.#onForget = onForget;
  }

  get(id: unknown): Run | undefined {
    return this.#runs.get(id)?.run;
  }

  /** Adds a run that has a step. */
  add(id: unknown, run: Run, parentId?: unknown): void {
    this.#runs.set(id, { run, parentId, stepless: undefined });
  }

  /** Adds a run that has no step of its own. */
  addStepless(id: unknown, run: Run, parentId?: unknown): void {
    const entry: Entry<Run> = { run, parentId, stepless: undefined };
    this.#runs.set(id, entry);
    if (this.#keepWith(parentId, id, entry)) return;
    this.#alone.add(id);
    forgetOldest(this.#alone, MAX_ALONE, (oldest) => this.forget(oldest));
  }

  /** The run is over. Open runs below it that have no step are kept with its parent, or forgotten if it has none. */
  end(id: unknown): void {
    const ended = this.#delete(id);
    for (const below of ended?.stepless ?? []) {
      const entry = this.#runs.get(below);
      if (entry !== undefined && !this.#keepWith(ended?.parentId, below, entry)) this.forget(below);
    }
  }

  /** Forgets a run whose trace has ended, and open runs below it that have no step. */
  forget(id: unknown): void {
    for (const below of this.#delete(id)?.stepless ?? []) this.forget(below);
  }

  /** @returns false if the parent is not open */
  #keepWith(parentId: unknown, id: unknown, entry: Entry<Run>): boolean {
    const parent = this.#runs.get(parentId);
    if (parent === undefined) return false;
    entry.parentId = parentId;
    parent.stepless ??= new Set();
    parent.stepless.add(id);
    return true;
  }

  #delete(id: unknown): Entry<Run> | undefined {
    const entry = this.#runs.get(id);
    if (entry === undefined) return undefined;
    this.#runs.delete(id);
    this.#alone.delete(id);
    this.#runs.get(entry.parentId)?.stepless?.delete(id);
    this.#onForget?.(id);
    return entry;
  }
}
