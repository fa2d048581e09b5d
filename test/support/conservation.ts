/** The law of conservation: every trace that was started is somewhere, at any instant. */

import assert from 'node:assert/strict';
import type { Tracer, TracerStats } from '@openlayer-tracing/core';

/** Fails where a trace is missing from the counts, stands in two of them, or a count makes no sense. */
export function assertConserved(stats: TracerStats): void {
  const text = JSON.stringify(stats);
  const { started, published, queued, queuedBytes, spooled, quarantined, sampledOut, open } = stats;
  const dropped = droppedOf(stats);
  const counts = [started, published, queued, queuedBytes, spooled, quarantined, sampledOut, open];
  for (const count of [...counts, ...Object.values(stats.dropped)]) {
    assert.ok(Number.isSafeInteger(count) && count >= 0, `a count is ${count}: ${text}`);
  }
  const found = published + queued + spooled + quarantined + sampledOut + dropped + open;
  assert.equal(found, started, `${started} were started, but ${found} are accounted for: ${text}`);
  assert.equal(queuedBytes > 0, queued > 0, `rows and bytes of the queue disagree: ${text}`);
}

/** All that was dropped, whatever the reason. */
export function droppedOf(stats: TracerStats): number {
  return Object.values(stats.dropped).reduce((sum, count) => sum + count, 0);
}

export interface ConservationWatch extends Disposable {
  readonly samples: number;
}

/** Checks the law at every turn of the event loop; fails at disposal with the first breach. */
export function watchConservation(tracer: Tracer): ConservationWatch {
  let samples = 0;
  let breach: unknown;
  const sample = () => {
    samples++;
    try {
      assertConserved(tracer.stats());
    } catch (error) {
      breach ??= error;
    }
    next = setImmediate(sample);
  };
  let next = setImmediate(sample);
  return {
    get samples() {
      return samples;
    },
    [Symbol.dispose]() {
      clearImmediate(next);
      assertConserved(tracer.stats());
      if (breach !== undefined) throw breach;
    },
  };
}
