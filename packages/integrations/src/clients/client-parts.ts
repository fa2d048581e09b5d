import { enumerableValues } from '../common/json.js';

/**
 * A client and the parts that it has created: `client.beta`, `client.beta.libraries`, ...
 * @param isPart whether a value of a client or of a part is a part of it
 * @param maxDepth the depth of the deepest part
 */
export function partsOf<Part extends object>(
  client: Part,
  isPart: (value: unknown) => value is Part,
  maxDepth: number,
): readonly Part[] {
  const inner = maxDepth === 0 ? [] : enumerableValues(client).filter(isPart);
  return [client, ...inner.flatMap((part) => partsOf(part, isPart, maxDepth - 1))];
}
