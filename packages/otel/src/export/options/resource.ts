/** The resource of our spans: the service that made them. */

import { assertObject, ConfigError, hasNode } from '@openlayer-tracing/core/integration';
import { type Attributes, isAttributeValue } from '../../dialects/data/span-data.js';
import { SCOPE } from '../rows/scope.js';
import type { ExportEnvironment } from './export-environment.js';
import { keyValuesOf } from './key-values.js';

/**
 * The attributes of the resource. Of one name, the option wins over `OTEL_SERVICE_NAME`, and that over
 * `OTEL_RESOURCE_ATTRIBUTES`.
 * @param name of the option, for the message
 * @throws ConfigError if the option is wrong
 */
export function checkedResource(
  option: Attributes | undefined,
  name: string,
  env: ExportEnvironment,
): Attributes {
  if (option !== undefined) checkAttributes(option, name);
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

function checkAttributes(option: Attributes, name: string): void {
  assertObject(option, name);
  for (const [key, value] of Object.entries(option) as [string, unknown][]) {
    if (isAttributeValue(value)) continue;
    throw new ConfigError(`${name}.${key} must be a string, number, boolean or array of strings`);
  }
}
