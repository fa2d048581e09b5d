import type { QueryClient } from '@tanstack/react-query';

/** Loads again what is shown of a trace whose row has changed. */
export async function onTraceChanged(queries: QueryClient, number: number): Promise<void> {
  const names = ['trace', 'step', 'row', 'notes'];
  await Promise.all(names.map((name) => queries.invalidateQueries({ queryKey: [name, number] })));
}
