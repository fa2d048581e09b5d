import { type JsonObject, objectOrEmpty } from '@openlayer-tracing/core/integration';

/** `metadata.otel`, which an app may have replaced. */
export function otelOf({ metadata }: JsonObject): JsonObject {
  return objectOrEmpty(objectOrEmpty(metadata).otel);
}
