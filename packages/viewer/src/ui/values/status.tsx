import type { ReactNode } from 'react';
import { UNKNOWN } from '../../format.js';

/** An HTTP status, which styles can distinguish by its first digit. */
export function Status({ status }: { readonly status: number | null }): ReactNode {
  const kind = status === null ? undefined : `${Math.floor(status / 100)}xx`;
  return <span data-status={kind}>{status ?? UNKNOWN}</span>;
}
