/** Names this library in what it sends. */

import { USER_AGENT } from '@openlayer-tracing/core/integration';

/** The instrumentation that made the spans. */
export const SCOPE = {
  name: '@openlayer-tracing/otel',
  version: USER_AGENT.slice(USER_AGENT.indexOf('/') + 1),
} as const;
