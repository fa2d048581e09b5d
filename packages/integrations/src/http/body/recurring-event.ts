/** The fast path for streams, which have thousands of events that differ in one string. */

import { tryParseJson } from '../../common/json.js';
import type { ExtendedText } from '../../shapes/reading/shape.js';
import { isEscaped } from './escaped-quote.js';

/** A part of an event that differs from event to event. */
type Gap = 'text' | 'string' | 'digits';

/** Fields that differ from event to event and are of no interest. */
const NOISE: readonly (readonly [key: string, gap: Gap])[] = [
  ['obfuscation', 'string'],
  ['sequence_number', 'digits'],
];

/** Where a gap begins. */
interface GapStart {
  readonly gap: Gap;
  readonly start: number;
}

/** The constant parts of an event: `first`, a gap, `between[0]`, the next gap, ... and `last`. */
interface Frame {
  readonly gaps: readonly Gap[];
  readonly first: string;
  readonly between: readonly string[];
  readonly last: string;
  /** `last` and `first` joined: what is between the gaps of two adjacent events. */
  readonly joint: string;
}

/** The joined strings of adjacent events, with JSON's escapes, and the index after the last event. */
interface Found {
  readonly json: string;
  readonly end: number;
}

/** Recognises events that differ from a parsed one only in one string, and parses only that string. */
export class RecurringEvent {
  readonly #added: ExtendedText;
  readonly #frame: Frame;

  /**
   * @param source the received event, with the empty line after it
   * @returns undefined if the string is not found exactly once
   */
  static of(source: string, added: ExtendedText): RecurringEvent | undefined {
    const frame = frameOf(source, added.key);
    return frame && new RecurringEvent(added, frame);
  }

  private constructor(added: ExtendedText, frame: Frame) {
    this.#added = added;
    this.#frame = frame;
  }

  /** The length of the text so far. */
  get chars(): number {
    return this.#added.text.chars;
  }

  /**
   * Adds the strings of all such events from `start` on.
   * @returns the index of the first event that differs in something else or is not complete
   */
  addFrom(source: string, start: number): number {
    if (!hasAt(source, start, this.#frame.first)) return start;
    const { json, end } = findTexts(this.#frame, source, start);
    const text = tryParseJson(`"${json}"`);
    if (end === start || typeof text !== 'string') return start;
    this.#added.text.add(text);
    return end;
  }
}

function frameOf(source: string, key: string): Frame | undefined {
  const texts = gapsOf(source, key, 'text');
  if (texts.length !== 1) return undefined;
  const noise = NOISE.flatMap(([field, gap]) => gapsOf(source, field, gap));
  const found = noise.length === 0 ? texts : [...texts, ...noise].sort((a, b) => a.start - b.start);
  const parts: string[] = [];
  let end = 0;
  for (const { gap, start } of found) {
    parts.push(source.slice(end, start));
    end = endOfGap(gap, source, start);
  }
  const [first = '', ...between] = parts;
  const last = source.slice(end);
  return { gaps: found.map(({ gap }) => gap), first, between, last, joint: last + first };
}

/** The values of a field, wherever it is in the event. Without regular expressions: each stream would compile its own again. */
function gapsOf(source: string, field: string, gap: Gap): GapStart[] {
  const found: GapStart[] = [];
  const name = `"${field}"`;
  for (let at = source.indexOf(name); at >= 0; at = source.indexOf(name, at + name.length)) {
    const colon = afterSpace(source, at + name.length);
    if (source[colon] !== ':') continue;
    const value = afterSpace(source, colon + 1);
    if (gap === 'digits' && isDigit(source.charCodeAt(value))) found.push({ gap, start: value });
    else if (gap !== 'digits' && source[value] === '"') found.push({ gap, start: value + 1 });
  }
  return found;
}

/** The index of the first character that is not JSON's white space. */
function afterSpace(source: string, start: number): number {
  let at = start;
  while (' \t\r\n'.includes(source.charAt(at)) && at < source.length) at++;
  return at;
}

/** A function and not a method: V8 discards code optimised for the objects of one stream together with them. */
function findTexts(frame: Frame, source: string, start: number): Found {
  const { gaps, first, between, last, joint } = frame;
  let json = '';
  let end = start;
  for (let at = start + first.length; ; ) {
    let text = '';
    let gapEnd = at;
    for (let i = 0; i < gaps.length; i++) {
      gapEnd = endOfGap(gaps[i], source, at);
      if (gaps[i] === 'text') text = source.slice(at, gapEnd);
      const part = between[i];
      if (part === undefined) break;
      if (!hasAt(source, gapEnd, part)) return { json, end };
      at = gapEnd + part.length;
    }
    const isFollowed = hasAt(source, gapEnd, joint);
    if (!isFollowed && !hasAt(source, gapEnd, last)) return { json, end };
    json += text;
    end = gapEnd + last.length;
    if (!isFollowed) return { json, end };
    at = end + first.length;
  }
}

/** The index of the closing quote, or after the last digit. */
function endOfGap(gap: Gap | undefined, source: string, start: number): number {
  let end = start;
  if (gap === 'digits') {
    while (isDigit(source.charCodeAt(end))) end++;
    return end;
  }
  end = source.indexOf('"', start);
  while (end > 0 && isEscaped(source, start, end)) end = source.indexOf('"', end + 1);
  return end < 0 ? source.length : end;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** `startsWith`, but several times as fast. */
function hasAt(text: string, at: number, part: string): boolean {
  return text.slice(at, at + part.length) === part;
}
