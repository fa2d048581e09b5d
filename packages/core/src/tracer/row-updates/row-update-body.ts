/** Makes the body of a call that updates a row: checks, masks and bounds its columns. */

import { unknownKeyIn, unknownKeyMessage } from '../../diagnostics/unknown-key.js';
import { isReserved } from '../../publish/row/layout.js';
import { INFERENCE_ID_FORM, isInferenceId } from '../../trace/ids/inference-id.js';
import { parseJson } from '../../values/json/json-text.js';
import { errorMessage, isError } from '../../values/reading/read-safely.js';
import type { Redactor } from '../../values/redaction/redactor.js';
import { Snapshotter } from '../../values/snapshot/snapshotter.js';
import type { RowUpdateConfig } from '../../wire.js';
import type { Feedback } from './row-update.js';

// Taken before the app can replace it.
const { stringify } = JSON;

const MAX_COLUMNS = 100;

/** Limits under which no update is cut. */
const LIMITS = { maxChars: 100_000_000, maxDepth: 500, maxNodes: 10_000_000 };

/** The columns of an update. */
export interface RowUpdate {
  readonly row: Readonly<Record<string, unknown>>;
  /** Names the columns with a meaning for the platform. */
  readonly config?: RowUpdateConfig | undefined;
}

/** The columns of a feedback, and the `config` for those with a meaning for the platform. */
export function feedbackUpdate(feedback: Feedback): RowUpdate {
  const { humanFeedback, groundTruth, ...signals } = feedback;
  for (const name of Object.keys(signals)) {
    if (signals[name] !== undefined && isReserved(name)) {
      throw new TypeError(
        `feedback must not set ${name}, which the trace itself has written: give the signal another name, or overwrite the column by updateRow()`,
      );
    }
  }
  return {
    row: {
      ...signals,
      ...(humanFeedback !== undefined && { humanFeedback }),
      ...(groundTruth !== undefined && { groundTruth }),
    },
    config: {
      ...(humanFeedback !== undefined && { humanFeedbackColumnName: 'humanFeedback' }),
      ...(groundTruth !== undefined && { groundTruthColumnName: 'groundTruth' }),
    },
  };
}

/** Makes the bodies of the updates of one tracer. */
export class RowUpdateBodies {
  readonly #snapshotter: Snapshotter;

  /** @param redactor masks the values */
  constructor(redactor: Redactor) {
    this.#snapshotter = new Snapshotter(redactor, LIMITS);
  }

  /** The JSON text of the body. @throws TypeError for what the platform would refuse */
  textOf(inferenceId: string, { row, config }: RowUpdate): string {
    if (!isInferenceId(inferenceId)) throw new TypeError(INFERENCE_ID_FORM);
    const text = jsonText(row);
    // JSON leaves out undefined and functions, so columns are counted in the parsed text.
    const value = text.startsWith('{') ? parseJson(text) : {};
    const columns = Object.keys(value as object).length;
    if (columns < 1 || columns > MAX_COLUMNS) {
      throw new TypeError(
        `row takes an object of 1 to ${MAX_COLUMNS} columns that JSON can hold, but has ${columns}`,
      );
    }
    const masked = this.#masked(text);
    if (config === undefined) return `{"row":${masked}}`;
    checkConfig(config);
    return `{"row":${masked},"config":${this.#masked(jsonText(config))}}`;
  }

  #masked(json: string): string {
    const masked = this.#snapshotter.textOfJson(json);
    if (masked === undefined) throw new TypeError('row and config take objects that JSON can hold');
    return masked;
  }
}

/** The compiler checks that the list is complete. */
const CONFIG: Readonly<Record<keyof RowUpdateConfig, true>> = {
  groundTruthColumnName: true,
  humanFeedbackColumnName: true,
  inferenceIdColumnName: true,
  latencyColumnName: true,
  timestampColumnName: true,
};

function checkConfig(config: RowUpdateConfig | null): void {
  if (config === null) return;
  if (typeof config !== 'object') throw new TypeError('config takes an object');
  const known = Object.keys(CONFIG);
  const unknown = unknownKeyIn(config, known);
  if (unknown !== undefined)
    throw new TypeError(`config.${unknownKeyMessage(unknown, known, 'config')}`);
}

function jsonText(value: object): string {
  try {
    return stringify(value) ?? 'undefined';
  } catch (cause) {
    const reason = isError(cause) ? errorMessage(cause) : String(cause);
    throw new TypeError(`row cannot be written as JSON: ${reason}`, { cause });
  }
}
