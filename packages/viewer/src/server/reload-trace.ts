import type { QueryClient } from '@tanstack/react-query';

/** Loads a trace again whose row has changed: those of its parts that are shown. */
export async function reloadTrace(queries: QueryClient, number: number): Promise<void> {
  const names = ['trace', 'step', 'row', 'notes', 'find'];
  await Promise.all(names.map((name) => queries.invalidateQueries({ queryKey: [name, number] })));
}
