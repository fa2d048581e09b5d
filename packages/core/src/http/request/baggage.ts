/** W3C Baggage (https://www.w3.org/TR/baggage/): values that the calling service sends along. */

/** The least that the specification requires to be read; further members and characters are not. */
const MAX_MEMBERS = 64;
const MAX_CHARS = 8192;

/** The members of the header `baggage` that have one of these names. Properties of members are left out. */
export function baggageMembers(
  header: string,
  names: ReadonlySet<string>,
): Record<string, string> | undefined {
  let values: Record<string, string> | undefined;
  for (const member of wholeMembers(header).split(',', MAX_MEMBERS)) {
    const [pair = ''] = member.split(';', 1);
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, equals)).trim();
    if (!names.has(name)) continue;
    values ??= Object.create(null) as Record<string, string>;
    values[name] = decoded(pair.slice(equals + 1).trim());
  }
  return values;
}

/** The header up to its last member that ends within the limit. */
function wholeMembers(header: string): string {
  return header.length <= MAX_CHARS
    ? header
    : header.slice(0, Math.max(0, header.lastIndexOf(',', MAX_CHARS)));
}

/** The percent-encoded UTF-8 text decoded. What is not valid UTF-8 becomes U+FFFD, as the specification says. */
function decoded(text: string): string {
  if (!text.includes('%')) return text;
  const bytes: number[] = [];
  for (const part of text.split(/(%[0-9a-f]{2})/i)) {
    if (/^%[0-9a-f]{2}$/i.test(part)) bytes.push(Number.parseInt(part.slice(1), 16));
    else bytes.push(...new TextEncoder().encode(part));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
