/** A form's fields by name; an array where a name comes more than once. */
export function fieldsByName(
  entries: Iterable<readonly [name: string, value: string]>,
): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = Object.create(null);
  for (const [name, value] of entries) {
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else fields[name] = [before, value];
  }
  return fields;
}
