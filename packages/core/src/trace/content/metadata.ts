/** Merges metadata of a step key by key, at most 128 keys. */

import { JsonMembers } from '../../values/json/json-members.js';
import { quote } from '../../values/json/json-text.js';
import { membersOf } from './object-members.js';
import type { TraceValues } from './trace-values.js';

const MAX_KEYS = 128;
/** Further keys of one update are not read. */
const MAX_KEYS_PER_UPDATE = 1000;

type Metadata = JsonMembers | undefined;

interface MergeOptions {
  /** Whether a value under an existing key is replaced. @default true */
  readonly replace?: boolean;
}

/** Merges the properties of an object into the metadata, which it changes. @returns the metadata, created if it was undefined */
export function mergeIntoMetadata(
  metadata: Metadata,
  update: Readonly<Record<string, unknown>> | null,
  values: TraceValues,
  { replace = true }: MergeOptions = {},
): Metadata {
  const members = membersOf(update, values);
  if (members === undefined) {
    values.reportBadInput('metadata must be an object');
    return metadata;
  }
  const keys = Object.keys(members);
  let merged = metadata;
  for (const key of keys.length > MAX_KEYS_PER_UPDATE ? keys.slice(0, MAX_KEYS_PER_UPDATE) : keys) {
    if (values.isFull) {
      return setInMetadata(merged, '…', quote('[cut: the trace is full]'), values);
    }
    if (!replace && merged?.has(values.label(key))) continue;
    // Values that are not kept must not use up the trace's room.
    const text = hasRoomFor(merged, key, values)
      ? values.snapshotProperty(members, key)
      : undefined;
    if (text !== undefined) merged = setInMetadata(merged, key, text, values);
  }
  return merged;
}

/**
 * Sets one key of the metadata, which it changes.
 * @param text JSON text
 * @returns the metadata, created if it was undefined
 */
export function setInMetadata(
  metadata: Metadata,
  key: string,
  text: string,
  values: TraceValues,
): Metadata {
  if (!hasRoomFor(metadata, key, values)) return metadata;
  const name = values.label(key);
  // Most metadata have one key. An array that grows from nothing gets room for 17.
  if (metadata === undefined) return new JsonMembers([name], [text]);
  metadata.set(name, text);
  return metadata;
}

/** Whether the metadata may get the key; if not, that is reported. */
function hasRoomFor(metadata: Metadata, key: string, values: TraceValues): boolean {
  if (metadata === undefined || metadata.size < MAX_KEYS) return true;
  if (metadata.has(values.label(key))) return true;
  values.reportBadInput(`metadata takes at most ${MAX_KEYS} keys`);
  return false;
}
