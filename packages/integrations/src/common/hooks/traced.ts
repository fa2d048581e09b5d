import { processWide } from '@openlayer-tracing/core/integration';

/** The clients, models and functions that any copy or build of this package traces, so that nothing is recorded twice. */
export const traced: WeakSet<object> = processWide('integrations.traced.v1', () => new WeakSet());
