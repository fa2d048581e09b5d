/** Reads values back from the recorded fields of a step. */

import { parseJson } from '../../values/json/json-text.js';
import type { EndedStep } from './ended-trace.js';
import { indexOfField, isModelCall } from './step-fields.js';

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

/** Provider or model of a step; types without these fields have them in their metadata. */
export function textIn(step: EndedStep, field: 'provider' | 'model'): string | undefined {
  const value = isModelCall(step.type)
    ? parsedField(step, field)
    : parseJson(step.metadata?.get(field) ?? 'null');
  return typeof value === 'string' ? value : undefined;
}

function recordedText(step: EndedStep, field: string): string | undefined {
  const text = step.fields?.[indexOfField(step.type, field)];
  return text === 'null' ? undefined : text;
}
