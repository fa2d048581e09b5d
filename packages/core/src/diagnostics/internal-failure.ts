import type { Diagnostics } from './diagnostics.js';

/** Reports as `internal_error` that a part of this library failed. @param what names the part */
export function reportInternalFailure(
  diagnostics: Diagnostics,
  what: string,
  error: unknown,
): void {
  const message = `tracing failed in ${what}; the app is not affected`;
  diagnostics.report('error', 'internal_error', message, error);
}
