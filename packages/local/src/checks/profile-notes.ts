import type { DataStreamRequest, WireConfig, WireRow } from '@openlayer-tracing/core/wire';
import { cutText } from '../values/cut-text.js';
import { dataStreamFaults } from './cross-field.js';
import { faultText, validatorOf } from './validators.js';

const MAX_NOTES = 20;
/** Characters of a note: it may name a member of the row. */
const MAX_NOTE = 400;

/**
 * Where a stored row does not satisfy the strict profile, as sentences: at most 20, those about the row first. The platform
 * takes such rows; they are what its official SDKs and hand-written clients send.
 */
export function profileNotes(row: WireRow, config: WireConfig): string[] {
  const request = { config, rows: [row] };
  const counts = new Map<string, number>();
  for (const fault of faultsOf(request)) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  const isOfStep = (note: string) => note.startsWith('a step');
  const notes = [...counts]
    .sort(([a], [b]) => Number(isOfStep(a)) - Number(isOfStep(b)))
    .map(([note, count]) => {
      const text = cutText(note, MAX_NOTE);
      // Several parts of the schema may find the same fault of the row.
      return count > 1 && isOfStep(note) ? `${text} (${count} times)` : text;
    });
  if (notes.length <= MAX_NOTES) return notes;
  return [...notes.slice(0, MAX_NOTES - 1), `... and ${notes.length - MAX_NOTES + 1} more`];
}

function faultsOf(request: DataStreamRequest): string[] {
  try {
    const validate = validatorOf<DataStreamRequest>('profile-js', { allErrors: true });
    const isValid = validate(request);
    return (validate.errors ?? [])
      .map((error) => faultText(error, placeOf(error.instancePath)))
      .concat(isValid || hasSteps(request) ? dataStreamFaults(request).map(withoutIndex) : []);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return ['a step is nested too deeply to be checked'];
  }
}

/** Whether the checks that a schema cannot express can read the row. */
function hasSteps({ rows }: DataStreamRequest): boolean {
  return rows.every(({ steps }) => Array.isArray(steps));
}

/** Names a place in words. All steps are alike, however deep they are, so that equal faults are counted. */
function placeOf(instancePath: string): string {
  const [, , , ...path] = instancePath.split('/');
  const isRow = instancePath.startsWith('/rows/');
  if (!isRow) return instancePath === '' ? 'the call' : instancePath.slice(1).replaceAll('/', '.');
  let place = 'the row';
  let rest = path;
  while (rest[0] === 'steps' && rest[1] !== undefined) {
    place = 'a step';
    rest = rest.slice(2);
  }
  return rest.length === 0 ? place : `${place}: ${rest.join('.')}`;
}

function withoutIndex(fault: string): string {
  return fault.replace(/^rows\[0\]: /, 'the row: ');
}
