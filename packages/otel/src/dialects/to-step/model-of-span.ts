/** The name of the model that a span states. */

import type { FoundFacts } from '../attributes/found-facts.js';

/** The model that answered, or the one that was asked for. */
export function modelOf(facts: FoundFacts): string | undefined {
  return modelName(facts.get('model') ?? facts.get('requestModel'));
}

/** The model that was asked for, if another one answered, such as a version of it. */
export function requestModelOf(facts: FoundFacts): string | undefined {
  const asked = modelName(facts.get('requestModel'));
  return asked === modelOf(facts) ? undefined : asked;
}

/** The name of a model without what Google puts before it. */
export function modelName(stated: string | undefined): string | undefined {
  return stated?.startsWith('models/') ? stated.slice('models/'.length) : stated;
}
