import type { Dialect, Mark, Outcome } from './page-api.js';

/*
 * The index stores an outcome, a dialect and a mark by its place in these lists: a change of the order needs a new version of
 * the index.
 */

export const OUTCOMES = namesOf<Outcome>({
  completed: true,
  aborted: true,
  error: true,
  abandoned: true,
  interrupted: true,
});

export const DIALECTS = namesOf<Dialect>({
  'openlayer-tracing': true,
  'openlayer-ts': true,
  'openlayer-python': true,
  other: true,
  opentelemetry: true,
});

export const MARKS = namesOf<Mark>({
  masked: true,
  truncated: true,
  limited: true,
  interrupted: true,
  unfinished: true,
});

/** The members of a union, which the compiler checks to be complete. */
function namesOf<T extends string>(names: Readonly<Record<T, true>>): readonly T[] {
  return Object.keys(names) as T[];
}
