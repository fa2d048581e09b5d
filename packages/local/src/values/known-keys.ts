import { demand, shown } from './demand.js';

/** Refuses what is no object, and unknown keys, since a misspelled one would have no effect. @throws TypeError */
export function demandKnown<T extends object>(
  options: T,
  known: Readonly<Record<keyof NoInfer<T>, true>>,
): void {
  const isObject = typeof options === 'object' && options !== null && !Array.isArray(options);
  demand(isObject, `options must be an object, not ${shown(options)}`);
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(known, key)) continue;
    throw new TypeError(`${key} is not known; known keys: ${Object.keys(known).join(', ')}`);
  }
}
