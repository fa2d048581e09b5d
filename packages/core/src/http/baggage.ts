/** W3C Baggage (https://www.w3.org/TR/baggage/): values that the calling service sends along. */

/** What the specification asks to be kept; further members and bytes are not read. */
const MAX_MEMBERS = 64;
const MAX_CHARS = 8192;

/** The members of the header `baggage` that have one of these names. Properties of members are left out. */
export function baggageMembers(
  header: string,
  names: ReadonlySet<string>,
): Record<string, string> | undefined {
  let found: Record<string, string> | undefined;
  for (const member of header.slice(0, MAX_CHARS).split(',', MAX_MEMBERS)) {
    const [pair = ''] = member.split(';', 1);
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, equals)).trim();
    if (!names.has(name)) continue;
    found ??= Object.create(null) as Record<string, string>;
    found[name] = decoded(pair.slice(equals + 1).trim());
  }
  return found;
}

/** The percent-encoded UTF-8 text decoded. What is not valid UTF-8 becomes U+FFFD, as the specification says. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    const bytes = [...new TextEncoder().encode(text)];
    const plain: number[] = [];
    for (let i = 0; i < bytes.length; i++) {
      const digits = /^%([0-9a-f]{2})/i.exec(String.fromCharCode(...bytes.slice(i, i + 3)))?.[1];
      plain.push(digits === undefined ? (bytes[i] as number) : Number.parseInt(digits, 16));
      if (digits !== undefined) i += 2;
    }
    return new TextDecoder().decode(new Uint8Array(plain));
  }
}
