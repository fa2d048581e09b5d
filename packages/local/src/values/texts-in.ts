/** The texts of a value: strings, numbers and booleans, but no names of members. Iteratively: values may be deep. */
export function* textsIn(value: unknown): Generator<string> {
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === 'string') yield next;
    else if (typeof next === 'number' || typeof next === 'boolean') yield String(next);
    else if (typeof next === 'object' && next !== null) {
      for (const each of Object.values(next)) pending.push(each);
    }
  }
}
