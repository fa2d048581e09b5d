/** Gives copies of responses what their constructors do not accept. */

/** The facts of a response that its constructor does not accept. */
export const FACTS = ['url', 'redirected', 'type', 'statusText'];

/** Gives the copy these facts, and what another library has added to the response. */
export function withFactsOf<R extends object>(response: R, copy: R): R {
  const added = Object.keys(response).filter((key) => !(key in copy));
  return withValues(response, copy, [...FACTS, ...added]);
}

/** Gives `to` these properties of `from`, where it has other values. */
export function withValues<R extends object>(from: R, to: R, keys: readonly string[]): R {
  for (const key of keys) {
    const value: unknown = Reflect.get(from, key);
    if (value !== Reflect.get(to, key)) {
      Object.defineProperty(to, key, { value, configurable: true });
    }
  }
  return to;
}
