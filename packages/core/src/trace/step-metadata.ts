/** The metadata of a step: merged key by key, and bounded. */

import { isProxy } from '#platform';
import { quote } from './json-text.js';
import { Members } from './members.js';
import type { RecordedTrace } from './recorded-trace.js';
import { keptKey } from './step-name.js';

const MAX_KEYS = 128;
/** Of one update; more of them are not even looked at. */
const MAX_GIVEN_KEYS = 1000;

interface Holder {
  readonly trace: RecordedTrace;
  metadata: Members | undefined;
}

interface MergeOptions {
  /** Whether what is there already under a key is replaced. @default true */
  readonly replace?: boolean;
}

export function mergeMetadata(
  step: Holder,
  metadata: Readonly<Record<string, unknown>> | null,
  { replace = true }: MergeOptions = {},
): void {
  const { trace } = step;
  if (typeof metadata !== 'object' || metadata === null || isProxy(metadata)) {
    trace.badInput('metadata must be an object');
    return;
  }
  const keys = Object.keys(metadata);
  for (const key of keys.length > MAX_GIVEN_KEYS ? keys.slice(0, MAX_GIVEN_KEYS) : keys) {
    if (trace.isFull) {
      setMetadata(step, '…', quote('[cut: the trace is full]'));
      return;
    }
    if (!replace && step.metadata?.has(labelOf(step, key))) continue;
    // What is not kept must not use up the trace's room.
    const text = takes(step, key) ? trace.snapshotProperty(metadata, key) : undefined;
    if (text !== undefined) setMetadata(step, key, text);
  }
}

/** @param text JSON text */
export function setMetadata(step: Holder, key: string, text: string): void {
  if (!takes(step, key)) return;
  const name = labelOf(step, key);
  if (step.metadata === undefined) step.metadata = new Members([name], [text]);
  else step.metadata.set(name, text);
}

/** The key as it leaves the process. */
function labelOf({ trace }: Holder, key: string): string {
  return trace.recorder.redactor.label(keptKey(key));
}

function takes(step: Holder, key: string): boolean {
  const { trace, metadata } = step;
  if (metadata === undefined || metadata.size < MAX_KEYS) return true;
  if (metadata.has(labelOf(step, key))) return true;
  trace.badInput(`metadata takes at most ${MAX_KEYS} keys`);
  return false;
}
