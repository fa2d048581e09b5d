/** Reads the offline buffers of Openlayer's own SDKs for TypeScript and Python: one JSON file for each trace. */

import { isInferenceId } from '../../trace/inference-id.js';
import { jsonOf, parseJson } from '../../trace/json-text.js';
import { randomUuid } from '../../trace/random-id.js';
import type { QueuedRow } from '../row.js';

/** A trace that another SDK could not deliver. */
export interface BufferedTrace {
  readonly row: QueuedRow;
  /** The pipeline that it was meant for, where the file says so. */
  readonly inferencePipelineId: string | undefined;
}

/** The names of such files. */
export const BUFFER_FILE = /^trace_\d+_\d+_[\w-]+\.json$/;

/** What the file holds; undefined where it is none of theirs. */
export function parseBuffer(text: string): BufferedTrace | undefined {
  const file = objectIn(text);
  const data = file?.traceData ?? file?.trace_data;
  if (file === undefined || !isObject(data) || !isObject(file.config)) return undefined;
  const id = data.inferenceId;
  // A row without an id could not be looked up, and might then stand there twice.
  const inferenceId = isInferenceId(id) ? id : randomUuid();
  const layout: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(file.config)) layout[camelCased(key)] = value;
  if (!('inferenceIdColumnName' in layout)) layout.inferenceIdColumnName = 'inferenceId';
  const pipeline = file.inferencePipelineId ?? file.inference_pipeline_id;
  return {
    row: {
      inferenceId,
      layout: jsonOf(layout),
      bytes: new TextEncoder().encode(jsonOf({ ...data, inferenceId })),
      // It was written when several tries had failed: one of them may have arrived.
      arrival: 'unknown',
    },
    inferencePipelineId: typeof pipeline === 'string' ? pipeline : undefined,
  };
}

/** The Python SDK writes the keys of the `config` as Python names. */
function camelCased(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = parseJson(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
