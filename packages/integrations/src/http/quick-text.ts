/** Reads one text out of a JSON text without parsing the rest: streams consist of thousands of such events. */

/**
 * @param start where the text begins, behind its opening quote
 * @returns the text, and where its closing quote ends; undefined where there is none
 */
export function quickText(
  json: string,
  start: number,
): { readonly text: string; readonly end: number } | undefined {
  let end = json.indexOf('"', start);
  // A quote after an odd number of backslashes belongs to the text.
  while (end > 0 && isEscaped(json, start, end)) end = json.indexOf('"', end + 1);
  if (end < 0) return undefined;
  const raw = json.slice(start, end);
  if (!raw.includes('\\')) return { text: raw, end: end + 1 };
  return { text: JSON.parse(`"${raw}"`) as string, end: end + 1 };
}

/** The same for the text that follows a marker. */
export function quickTextAfter(json: string, marker: string): string | undefined {
  const found = json.indexOf(marker);
  return found < 0 ? undefined : quickText(json, found + marker.length)?.text;
}

function isEscaped(json: string, start: number, quote: number): boolean {
  let at = quote - 1;
  while (at >= start && json.charCodeAt(at) === 92) at--;
  return (quote - 1 - at) % 2 === 1;
}
