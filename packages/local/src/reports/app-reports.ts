import type { AppReport } from '../page-api.js';
import { isRecord } from '../values/json.js';

const MAX_KEPT = 20;
const MAX_APP_NAME = 200;

/** The header of this library's data-stream calls to a server on the same machine, as Node names it. */
export const STATS_HEADER = 'x-openlayer-tracing-stats';

/** The latest counts of each process and pipeline. */
export class AppReports {
  readonly #kept = new Map<string, AppReport>();

  /** @param header JSON of `{ name, stats }`; anything else is ignored */
  add(header: string, pipelineId: string, at: number): void {
    const report = parsed(header);
    if (!isRecord(report) || typeof report.name !== 'string' || !isRecord(report.stats)) return;
    const name = `${report.name}, pipeline ${pipelineId}`.slice(0, MAX_APP_NAME);
    // A map keeps the order of insertion, so its first entry is the oldest.
    this.#kept.delete(name);
    this.#kept.set(name, { name, at, stats: report.stats });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }

  /** Newest first. */
  list(): AppReport[] {
    return [...this.#kept.values()].reverse();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
