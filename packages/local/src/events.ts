import type { RowUpdateRequest, WireConfig, WireRow } from '@openlayer-tracing/core/wire';

import type { Refusal } from './page-api.js';

/** What a row does not say of itself. */
export interface RowDetails {
  /** Of the column that the config names, or made by the server. */
  readonly inferenceId: string;
  /** Names the columns of the row. */
  readonly config: WireConfig;
}

/** The events of a local server. */
export interface LocalServerEvents {
  /** A row was accepted and stored. */
  row: [row: WireRow, pipelineId: string, details: RowDetails];
  /** Columns of a stored row were added or replaced, as feedback does it. */
  update: [update: RowUpdateRequest, pipelineId: string, inferenceId: string];
  /** A request violated the contract. */
  problem: [problem: string];
  /** A call was refused, also where that is no violation, as the update of a row that is not there. */
  refused: [refusal: Refusal];
  /** The server is being closed. */
  close: [];
}
