import type { AppReport } from '../page-api.js';
import { SENDING } from '../storage/schema.js';
import { isJsonObject, type JsonObject } from '../values/json.js';

const MAX_KEPT = 20;
const MAX_APP_NAME = 200;

/** The header of this library's data-stream calls to a server on the same machine, as Node names it. */
export const STATS_HEADER = 'x-openlayer-tracing-stats';

/** What this library says of itself on a call that sends rows. */
export interface SenderReport {
  readonly name: string;
  /** The result of `stats()`. */
  readonly stats: JsonObject;
  /** Whether an attempt to send the rows has failed. */
  readonly isRetry: boolean;
  /** Whether the rows waited in the spool. */
  readonly isReplay: boolean;
}

/** The latest counts of each process and pipeline. */
export class AppReports {
  readonly #kept = new Map<string, AppReport>();

  add(report: SenderReport, pipelineId: string, at: number): void {
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

/** The report in a header; undefined if it is none. */
export function readReport(header: string): SenderReport | undefined {
  const report = parsed(header);
  if (!isJsonObject(report) || typeof report.name !== 'string' || !isJsonObject(report.stats)) {
    return undefined;
  }
  const { name, stats, retries, isReplay } = report;
  return { name, stats, isRetry: Number(retries) > 0, isReplay: isReplay === true };
}

/** How the rows of a call were sent, as the sum of `SENDING`. Without a report nothing is known. */
export function sendingOf(report: SenderReport | undefined): number {
  if (report === undefined) return 0;
  return (
    (report.isRetry ? SENDING.retried : 0) +
    (report.isReplay ? SENDING.replayed : 0) +
    (Number(report.stats.sampledOut) > 0 ? SENDING.sampled : 0)
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
