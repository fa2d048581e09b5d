import type { AppStats } from '../page-api.js';
import { SENDING } from '../storage/schema.js';
import { isJsonObject, type JsonObject } from '../values/json.js';
import { RecentMap } from '../values/recent-map.js';

const MAX_KEPT = 20;
const MAX_APP_NAME = 200;

/** The header of this library's data-stream calls to a server on the same machine, as Node names it. */
export const STATS_HEADER = 'x-openlayer-tracing-stats';

/** What the `STATS_HEADER` of a call says of the process that sends the rows. */
export interface SenderStats {
  readonly name: string;
  /** The result of `stats()`. */
  readonly stats: JsonObject;
  /** Whether an attempt to send the rows has failed. */
  readonly isRetry: boolean;
  /** Whether the rows waited in the spool. */
  readonly isReplay: boolean;
}

/** The latest counts of each process and pipeline. */
export class StatsOfApps {
  readonly #kept = new RecentMap<string, AppStats>(MAX_KEPT);

  add(sender: SenderStats, pipelineId: string, at: number): void {
    const name = `${sender.name}, pipeline ${pipelineId}`.slice(0, MAX_APP_NAME);
    this.#kept.set(name, { name, at, stats: sender.stats });
  }

  /** Newest first. */
  list(): AppStats[] {
    return this.#kept.newestFirst();
  }
}

/** The value of a `STATS_HEADER`; undefined if it is malformed. */
export function readStatsHeader(header: string): SenderStats | undefined {
  const value = parsed(header);
  if (!isJsonObject(value) || typeof value.name !== 'string' || !isJsonObject(value.stats)) {
    return undefined;
  }
  const { name, stats, retries, isReplay } = value;
  return { name, stats, isRetry: Number(retries) > 0, isReplay: isReplay === true };
}

/** How the rows of a call were sent, as the sum of `SENDING`. Nothing is known of senders without a `STATS_HEADER`. */
export function sendingOf(sender: SenderStats | undefined): number {
  if (sender === undefined) return 0;
  return (
    (sender.isRetry ? SENDING.retried : 0) +
    (sender.isReplay ? SENDING.replayed : 0) +
    (Number(sender.stats.sampledOut) > 0 ? SENDING.sampled : 0)
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
