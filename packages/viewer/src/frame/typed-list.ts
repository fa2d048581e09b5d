/**
 * Several values in one field, separated by commas. A value that would not be read back as it is stands in quotes, as in
 * JSON.
 */

export function listText(values: readonly string[]): string {
  return values.map((each) => (isPlain(each) ? each : JSON.stringify(each))).join(', ');
}

/** The values of a field. A quote that is not closed is part of its value. */
export function readList(typed: string): string[] {
  const values: string[] = [];
  for (const [, quoted, plain] of typed.matchAll(VALUES)) {
    const value = quoted === undefined ? (plain ?? '').trim() : unquoted(quoted);
    if (value !== '') values.push(value);
  }
  return values;
}

/** A text in quotes up to a comma or the end, or a text without commas. */
const VALUES = /\s*(?:("(?:[^"\\]|\\.)*")\s*(?=,|$)|([^,]+))(?:,|$)|,/g;

function isPlain(value: string): boolean {
  // A field cannot contain line breaks.
  return value === value.trim() && !/^"|[,\p{Cc}]/u.test(value);
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
