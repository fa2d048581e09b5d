/** Which strings of a stream's events are pieces of one text. */

import {
  isComparable,
  type Leaf,
  leavesOf,
  memberAt,
  otherDataOf,
  shapeOf,
  withText,
} from './event-leaves.js';
import type { StreamEvent } from './known-events.js';

/** Whether a text is a secret by its key. */
export type IsSecretPiece = (key: string, text: string) => boolean;

/** The texts of the events of one type at one path. */
export interface Channel {
  readonly name: string;
  /** Empty where the data is the text: as a string of JSON, or as it is. */
  readonly path: readonly string[];
  /** Whether the data is no JSON. */
  readonly isPlain: boolean;
  readonly pieces: string[];
  /** Index of the first event. */
  readonly first: number;
  /** JSON of the events' other data; undefined if it differs between events. */
  otherData: string | undefined;
  readonly events: number[];
}

/** A stream with more types of unknown events is not one answer: its events are not compared. */
const MAX_TYPES = 100;

/** Keys of texts that are sent in pieces. */
const TEXT_KEY =
  /(?:text|token|content|delta|chunk|answer|message|completion|piece|output|response|reply)s?$/i;

/** Types and keys of texts that are not the answer. */
const NOT_ANSWER =
  /error|fail|reason|think|thought|tool|status|source|citation|debug|log|progress|meta|search|plan|title|suggest/i;

/** The channels of the events at these indexes, which are of no known protocol. */
export function channelsOf(
  events: readonly StreamEvent[],
  indexes: readonly number[],
  isSecret: IsSecretPiece,
): readonly Channel[] {
  if (new Set(indexes.map((i) => events[i]?.type)).size > MAX_TYPES) return [];
  const leaves = indexes.map((i) => leavesOf(events[i] as StreamEvent));
  const repeated = repeatedTexts(events, indexes, leaves);
  const channels = new Map<string, Channel>();
  for (const [at, index] of indexes.entries()) {
    const { type, value } = events[index] as StreamEvent;
    const all = leaves[at] as readonly Leaf[];
    const own = all.filter((leaf) => repeated.get(keyOf(type, leaf)) !== leaf.text);
    const leaf = own.length === 0 && all.length === 1 ? all[0] : own[0];
    if (leaf === undefined || own.length > 1) continue;
    if (leaf.path.some((key) => isSecret(key, leaf.text))) continue;
    const key = keyOf(type, leaf);
    let channel = channels.get(key);
    if (channel === undefined) {
      const { path } = leaf;
      const isPlain = value === undefined;
      const otherData = otherDataOf(value, path);
      channel = { name: type, path, isPlain, pieces: [], first: index, otherData, events: [] };
      channels.set(key, channel);
    } else if (
      channel.otherData !== undefined &&
      channel.otherData !== otherDataOf(value, leaf.path)
    ) {
      channel.otherData = undefined;
    }
    channel.pieces.push(leaf.text);
    channel.events.push(index);
  }
  return [...channels.values()];
}

/** Texts that are the same in all events of a type, of at least two events. */
function repeatedTexts(
  events: readonly StreamEvent[],
  indexes: readonly number[],
  leaves: readonly (readonly Leaf[])[],
): ReadonlyMap<string, string | undefined> {
  const first = new Map<string, string>();
  const repeated = new Map<string, string | undefined>();
  for (const [at, index] of indexes.entries()) {
    for (const leaf of leaves[at] as readonly Leaf[]) {
      const key = keyOf((events[index] as StreamEvent).type, leaf);
      const before = first.get(key);
      if (before === undefined) first.set(key, leaf.text);
      else if (!repeated.has(key)) repeated.set(key, before === leaf.text ? leaf.text : undefined);
      else if (repeated.get(key) !== leaf.text) repeated.set(key, undefined);
    }
  }
  return repeated;
}

function keyOf(type: string, { path }: Leaf): string {
  return `${type}\n${path.join('\n')}`;
}

/** Whether an event is one of the channel's, with an empty text. */
export function isEmptyPiece(
  { name, path, first, isPlain }: Channel,
  index: number,
  events: readonly StreamEvent[],
): boolean {
  const event = events[index] as StreamEvent;
  const { type, value, data } = event;
  if (type !== name) return false;
  if (isPlain) return value === undefined && data === '';
  const text = memberAt(value, path);
  if ((text !== '' && text !== null) || !isComparable(value)) return false;
  const whole = events[first]?.value;
  return (
    shapeOf(withText(value, path, '')) === shapeOf(withText(whole, path, '')) &&
    leavesOf(event).every((leaf) => memberAt(whole, leaf.path) === leaf.text)
  );
}

/** Types and keys of texts that are never the answer. */
const FAILURE = /error|fail/i;

/**
 * The channel of the answer: the one with the most text, among those whose names do not exclude it if there are any. Undefined if
 * there are only errors.
 */
export function answerChannelOf(channels: readonly Channel[]): Channel | undefined {
  let main: Channel | undefined;
  for (const channel of channels) {
    if (!isText(channel) || isNamed(channel, FAILURE)) continue;
    if (main === undefined || rank(channel) > rank(main)) main = channel;
  }
  return main;
}

function rank(channel: Channel): number {
  return channel.pieces.join('').length + (isNoAnswer(channel) ? 0 : 1e9);
}

/** Whether the name or a key says that the text is another one than the answer. */
export function isNoAnswer(channel: Channel): boolean {
  return isNamed(channel, NOT_ANSWER);
}

function isNamed({ name, path }: Channel, pattern: RegExp): boolean {
  return pattern.test(name) || path.some((key) => pattern.test(key));
}

/**
 * Whether the pieces are one text, by their key or by spaces at their ends; plain data also by letters there of a script that has no
 * spaces. Records have short texts too.
 */
export function isText({ path, isPlain, pieces }: Channel): boolean {
  const key = path.findLast((each) => !/^\d+$/.test(each));
  if (!isPlain && (key === undefined || TEXT_KEY.test(key))) return true;
  const [first = ''] = pieces;
  return (
    startsWithSpace(first) ||
    pieces.some((piece, i) => {
      const before = pieces[i - 1];
      return (
        before !== undefined && (meetAtWord(before, piece) || (isPlain && isSplit(before, piece)))
      );
    })
  );
}

/** Whether a word ends or begins where two pieces meet. */
export function meetAtWord(before: string, after: string): boolean {
  return startsWithSpace(after) || /\s$/.test(before);
}

function startsWithSpace(piece: string): boolean {
  return /^\s/.test(piece);
}

/** Scripts without spaces between words. */
const UNSPACED = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar'].map(
  (name) => `\\p{Script=${name}}`,
);
const STARTS_UNSPACED = new RegExp(`^[${UNSPACED.join('')}]`, 'u');
const ENDS_UNSPACED = new RegExp(`[${UNSPACED.join('')}]$`, 'u');

/** Whether a text of a script without spaces was split between the pieces. A sentence would end with a mark. */
export function isSplit(before: string, after: string): boolean {
  return ENDS_UNSPACED.test(before) && STARTS_UNSPACED.test(after);
}

/** The joined pieces; the last piece if each one contains the whole text so far. */
export function joinPieces(pieces: readonly string[]): string {
  return isGrowing(pieces) ? (pieces.at(-1) as string) : pieces.join('');
}

/** Whether each piece contains the whole text so far. */
export function isGrowing(pieces: readonly string[]): boolean {
  return (
    pieces.length > 2 &&
    pieces.every((piece, i) => i === 0 || piece.startsWith(pieces[i - 1] as string)) &&
    pieces.some((piece) => piece !== pieces[0])
  );
}
