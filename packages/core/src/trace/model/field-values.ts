/** Reads values back from the recorded fields of a step. */

import { parseJson } from '../../values/json-text.js';
import type { EndedStep } from './ended-trace.js';
import { indexOfField } from './step-fields.js';

/** The value of a numeric field of the step; undefined if it is not set. */
export function numberIn(step: EndedStep, field: string): number | undefined {
  const text = recordedText(step, field);
  return text === undefined ? undefined : Number(text);
}

/** The value of a field of the step; undefined if it is not set. */
export function parsedField(step: EndedStep, field: string): unknown {
  const text = recordedText(step, field);
  return text === undefined ? undefined : parseJson(text);
}

function recordedText(step: EndedStep, field: string): string | undefined {
  const text = step.fields?.[indexOfField(step.type, field)];
  return text === 'null' ? undefined : text;
}
