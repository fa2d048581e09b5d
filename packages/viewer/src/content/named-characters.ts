/**
 * Stands for `decode-named-character-reference` in the bundle: the browser's form of that package sets `innerHTML`, which
 * the page's policy refuses, and its other form holds 2,000 names. Names that are not here stay as they are written.
 */

const CHARACTERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
    nbsp: '\u00a0',
    copy: '©',
    reg: '®',
    trade: '™',
    deg: '°',
    hellip: '…',
    mdash: '—',
    ndash: '–',
    lsquo: '‘',
    rsquo: '’',
    ldquo: '“',
    rdquo: '”',
    laquo: '«',
    raquo: '»',
    bull: '•',
    middot: '·',
    times: '×',
    divide: '÷',
    plusmn: '±',
    le: '≤',
    ge: '≥',
    ne: '≠',
    asymp: '≈',
    infin: '∞',
    larr: '←',
    rarr: '→',
    uarr: '↑',
    darr: '↓',
    euro: '€',
    pound: '£',
    yen: '¥',
    cent: '¢',
    sect: '§',
    para: '¶',
    half: '½',
    frac12: '½',
    frac14: '¼',
    sup2: '²',
    sup3: '³',
    micro: 'µ',
    check: '✓',
    alpha: 'α',
    beta: 'β',
    pi: 'π',
  }),
);

/** @returns the character of a name such as `amp`, or false */
export function decodeNamedCharacterReference(name: string): string | false {
  return CHARACTERS.get(name) ?? false;
}
