/** The resource of our spans: the service that made them. */

import { hasNode } from '@openlayer-tracing/core/integration';
import type { Attributes, AttributeValue } from '../rows/export-span.js';
import { SCOPE } from '../rows/scope.js';
import { keyValuesOf } from './key-values.js';
import type { OtelEnvironment } from './otel-environment.js';

/**
 * The attributes of the resource. Of one name, the option wins over `OTEL_SERVICE_NAME`, and that over
 * `OTEL_RESOURCE_ATTRIBUTES`.
 */
export function resourceOf(
  option: Readonly<Record<string, AttributeValue>> | undefined,
  env: OtelEnvironment,
): Attributes {
  const serviceName = env.read('OTEL_SERVICE_NAME', (value) => value);
  return {
    'service.name': `unknown_service:${hasNode ? 'node' : 'js'}`,
    ...env.read('OTEL_RESOURCE_ATTRIBUTES', keyValuesOf),
    ...(serviceName !== undefined && { 'service.name': serviceName }),
    ...option,
    'telemetry.sdk.name': 'openlayer-tracing',
    'telemetry.sdk.language': hasNode ? 'nodejs' : 'webjs',
    'telemetry.sdk.version': SCOPE.version,
  };
}
