import { emitterBehind } from '../../follow/on-emit.js';
import { assignMethod, type Method, methodNamed } from '../../follow/replace-method.js';

/**
 * Replaces a method of the response, and that of the response which it inherits from, if it was made by `Object.create(res)`:
 * the app may call either. A method that is missing or cannot be assigned is left as it is.
 * @param by returns the method that takes the place of the original
 */
export function replaceOnResponse(
  res: object,
  name: string,
  by: (original: Method) => Method,
): void {
  const last = emitterBehind(res);
  for (let holder = res; ; holder = Object.getPrototypeOf(holder)) {
    if (holder === last || Object.hasOwn(holder, name)) {
      const original = methodNamed(holder, name);
      if (original !== undefined) assignMethod(holder, name, by(original));
    }
    if (holder === last) return;
  }
}
