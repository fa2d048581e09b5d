/** What the tests of transports share: batches of small rows, and a transport that does as it is told. */

import { QueuedRow } from '../../src/publish/row/queued-row.ts';
import type {
  RowBatch,
  RowDelivery,
  RowTransport,
} from '../../src/publish/transport/row-transport.ts';
import type { SendOptions } from '../../src/publish/transport/user-transport.ts';

export type Row = RowBatch['rows'][number];

export function row(inferenceId: string, { layout = 'l', bytes = 1 } = {}): Row {
  return new QueuedRow(inferenceId, layout, new Uint8Array(bytes));
}

export function batchOf(...ids: string[]): RowBatch {
  return { layout: 'l', rows: ids.map((id) => row(id)) };
}

export interface Scripted extends RowTransport {
  /** The ids of the rows of each batch that it was given. */
  readonly sent: readonly (readonly string[])[];
  readonly isClosed: boolean;
}

/** @param answer throws, or returns what became of the batch; by default all rows are delivered */
export function scripted(
  answer: (batch: RowBatch, n: number, options: SendOptions) => RowDelivery | undefined = () =>
    undefined,
): Scripted {
  const sent: (readonly string[])[] = [];
  let isClosed = false;
  return {
    sent,
    get isClosed() {
      return isClosed;
    },
    async send(batch, options) {
      sent.push(batch.rows.map(({ inferenceId }) => inferenceId));
      return answer(batch, sent.length - 1, options) ?? { delivered: batch.rows.length, lost: {} };
    },
    close() {
      isClosed = true;
    },
  };
}
