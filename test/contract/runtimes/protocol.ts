/** What the process of the tests says to the one of the app: one JSON command a request, one JSON answer. */

import type { TracerOptions } from '@openlayer-tracing/core';

export type Command =
  /** Starts the app of a test, which is named by its titles. */
  | { readonly do: 'start'; readonly test: string; readonly tracer: TracerOptions }
  | { readonly do: 'told'; readonly what: string }
  | { readonly do: 'open'; readonly gate: string }
  | { readonly do: 'report' }
  | { readonly do: 'close' };

/** What `start` answers. */
export interface Started {
  /** Undefined where the runtime serves all its apps at one port. */
  readonly port?: number | undefined;
}

/** What any command answers that failed. */
export interface Failure {
  readonly failed: { readonly name: string; readonly message: string };
}

/** A test's name on both sides: its titles but for the framework's. */
export function nameOf(titles: readonly string[]): string {
  return titles.slice(1).join(' ');
}
