/** An event that comes again and again, with another text in it each time: streams are made of thousands of such. */

import { parseJson } from '../common/json.js';
import type { TextAdded } from '../shapes/shape.js';

/** What differs from event to event and says nothing. */
const NOISE = /"(?:obfuscation"\s*:\s*"|sequence_number"\s*:\s*(?=\d))/g;

/** What stands between two parts that are always the same. */
type Gap = 'text' | 'string' | 'digits';

/** An event: the first part, a gap, what is between it and the next gap, ... and the last part. */
interface Frame {
  readonly gaps: readonly Gap[];
  readonly first: string;
  readonly between: readonly string[];
  readonly last: string;
  /** What stands between two events: the last part of one and the first of the next. */
  readonly joint: string;
}

/** A text as JSON has it, without its quotes, and where what it stands in ends. */
interface Found {
  readonly json: string;
  readonly end: number;
}

/**
 * Recognises events that differ from one that was read in nothing but their text. What the rest of them says is known,
 * so nothing is parsed but the texts.
 */
export class RecurringEvent {
  readonly #added: TextAdded;
  readonly #frame: Frame;

  /**
   * @param source the event as it came, with the empty line behind it
   * @returns undefined where its text cannot be told from the rest
   */
  static of(source: string, added: TextAdded): RecurringEvent | undefined {
    const frame = frameOf(source, added.key);
    return frame && new RecurringEvent(added, frame);
  }

  private constructor(added: TextAdded, frame: Frame) {
    this.#added = added;
    this.#frame = frame;
  }

  /** How long the text is by now. */
  get chars(): number {
    return this.#added.text.chars;
  }

  /**
   * Takes the texts of all such events that follow each other.
   * @returns where the first one begins that is none, or not there completely
   */
  take(source: string, start: number): number {
    if (!hasAt(source, start, this.#frame.first)) return start;
    const { json, end } = findTexts(this.#frame, source, start);
    const text = parseJson(`"${json}"`);
    if (end === start || typeof text !== 'string') return start;
    this.#added.text.add(text);
    return end;
  }
}

function frameOf(source: string, key: string): Frame | undefined {
  const texts = [...source.matchAll(new RegExp(`"${key}"\\s*:\\s*"`, 'g'))];
  if (texts.length !== 1) return undefined;
  const found = [...texts, ...source.matchAll(NOISE)].sort((a, b) => a.index - b.index);
  const gaps = found.map((each): Gap => {
    if (each === texts[0]) return 'text';
    return each[0].endsWith('"') ? 'string' : 'digits';
  });
  const parts: string[] = [];
  let start = 0;
  for (const [i, { index, 0: head }] of found.entries()) {
    parts.push(source.slice(start, index + head.length));
    start = endOfGap(gaps[i], source, index + head.length);
  }
  const [first = '', ...between] = parts;
  const last = source.slice(start);
  return { gaps, first, between, last, joint: last + first };
}

/** No method: code that was optimised for the objects of a stream is thrown away with them. */
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

/** The closing quote of a text or string, or the end of what there is. */
function endOfGap(gap: Gap | undefined, source: string, start: number): number {
  let end = start;
  if (gap === 'digits') {
    while (isDigit(source.charCodeAt(end))) end++;
    return end;
  }
  end = source.indexOf('"', start);
  // A quote after an odd number of backslashes belongs to the text.
  while (end > 0 && isEscaped(source, start, end)) end = source.indexOf('"', end + 1);
  return end < 0 ? source.length : end;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isEscaped(source: string, start: number, quote: number): boolean {
  let at = quote - 1;
  while (at >= start && source.charCodeAt(at) === 92) at--;
  return (quote - 1 - at) % 2 === 1;
}

/** `startsWith`, several times as fast. */
function hasAt(text: string, at: number, part: string): boolean {
  return text.slice(at, at + part.length) === part;
}
