/** Errors whose cause may be a poison row: a row that makes the platform fail, although it takes others. */

import { SendError } from './send-error.js';

/** `suspected` if rows of the batch have failed before, `confirmed` if a single row has failed often. */
export type Poisoning = 'suspected' | 'confirmed';

/** No field of the error: a transport of the app may have made it, frozen or by another copy of this package. */
const poisonings = new WeakMap<SendError, Poisoning>();

/** @returns undefined unless a row of the batch may be the cause of the error */
export function poisoningIn(error: SendError): Poisoning | undefined {
  return poisonings.get(error);
}

/** Whether a poison row may be the cause of the error. Then the error says nothing about the platform. */
export function mayBePoisoned(error: unknown): boolean {
  return error instanceof SendError && poisonings.has(error);
}

export function setPoisoning(error: SendError, poisoning: Poisoning): void {
  poisonings.set(error, poisoning);
}

/** Whether the rows are the cause of the error: several rows are then sent in halves, and a single row is given up. */
export function isAboutRows(error: SendError, rows: number): boolean {
  const poisoning = poisoningIn(error);
  if (poisoning !== undefined) return rows > 1 || poisoning === 'confirmed';
  return error.code === 'rejected' || error.code === 'too_large';
}
