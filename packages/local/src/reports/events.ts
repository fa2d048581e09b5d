import type { RowUpdateRequest, WireConfig, WireRow } from '@openlayer-tracing/core/wire';

import type { RefusedCall } from '../page-api.js';

/** Facts of a row that are not in the row. */
export interface RowDetails {
  /** The value of the column that the config names, or made by the server. */
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
  /** A request violated the contract, or something failed in the server. */
  problem: [problem: string];
  /** A call was refused, even if it is no violation, such as the update of an unknown row. */
  refused: [refusal: RefusedCall];
  /** The server is being closed. */
  close: [];
}
