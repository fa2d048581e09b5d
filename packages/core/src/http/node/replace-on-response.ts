import { assignMethod, type Method, methodNamed } from '../../follow/observe/replace-method.js';

/**
 * Replaces a method of the response, and that of the response which it inherits from, if it was made by `Object.create(res)`:
 * the app may call either. A method that is missing or cannot be assigned is left as it is.
 * @param last the response that Node emits the events on
 * @param by returns the method that takes the place of the original
 */
export function replaceOnResponse<C>(
  res: object,
  last: object,
  name: string,
  by: (original: Method, name: string, context: C) => Method,
  context: C,
): void {
  for (let holder = res; ; holder = Object.getPrototypeOf(holder)) {
    if (holder === last || Object.hasOwn(holder, name)) {
      const original = methodNamed(holder, name);
      if (original !== undefined) assignMethod(holder, name, by(original, name, context));
    }
    if (holder === last) return;
  }
}
