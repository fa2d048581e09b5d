/** Reads the offline buffers of Openlayer's own SDKs for TypeScript and Python: one JSON file for each trace. */

import { randomUuid } from '../../platform/random-id.js';
import { QueuedRow } from '../../publish/row/queued-row.js';
import { isInferenceId } from '../../trace/ids/inference-id.js';
import {
  isJsonObject,
  type JsonObject,
  jsonOf,
  tryParseJson,
} from '../../values/json/json-text.js';

/** A trace that another SDK could not deliver. */
export interface BufferedTrace {
  readonly row: QueuedRow;
  /** The pipeline that it was meant for, if the file names one. */
  readonly inferencePipelineId: string | undefined;
}

/** Names of buffer files. */
export const BUFFER_FILE = /^trace_\d+_\d+_[\w-]+\.json$/;

/** The trace in a buffer file; undefined if the text is not one. */
export function parseBuffer(text: string): BufferedTrace | undefined {
  const file = objectIn(text);
  const data = file?.traceData ?? file?.trace_data;
  if (file === undefined || !isJsonObject(data) || !isJsonObject(file.config)) return undefined;
  const id = data.inferenceId;
  // A row without an id could not be looked up, and might be stored twice.
  const inferenceId = isInferenceId(id) ? id : randomUuid();
  const layout: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(file.config)) layout[camelCased(key)] = value;
  if (!('inferenceIdColumnName' in layout)) layout.inferenceIdColumnName = 'inferenceId';
  const pipeline = file.inferencePipelineId ?? file.inference_pipeline_id;
  const row = new QueuedRow(inferenceId, jsonOf(layout), jsonOf({ ...data, inferenceId }));
  // It was written after several failed attempts, one of which may have arrived.
  row.setArrival('unknown');
  return {
    row,
    inferencePipelineId: typeof pipeline === 'string' ? pipeline : undefined,
  };
}

/** The Python SDK writes the keys of the `config` as Python names. */
function camelCased(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function objectIn(text: string): JsonObject | undefined {
  const value = tryParseJson(text);
  return isJsonObject(value) ? value : undefined;
}
