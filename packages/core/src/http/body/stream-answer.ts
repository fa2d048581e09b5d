/**
 * The model's answer in a stream of events, known or unknown: the joined text first, then the data of each event that is not
 * part of it. No event is left out because its shape is unknown.
 */

import { isJsonObject, jsonOf } from '../../values/json-text.js';
import { isErrorType, knownTexts, type StreamEvent } from './known-events.js';

/** Whether a text is a secret by its key. */
export type IsSecretPiece = (key: string, text: string) => boolean;

/** A string in the data of an event, and its path. */
interface Leaf {
  readonly path: readonly string[];
  readonly text: string;
}

/** The texts of the events of one type at one path. */
interface Channel {
  readonly name: string;
  readonly path: readonly string[];
  readonly pieces: string[];
  /** Index of the first event. */
  readonly first: number;
  /** JSON of the events' other data; undefined if it differs between events. */
  otherData: string | undefined;
  readonly events: number[];
}

/** An event with more strings is not compared. */
const MAX_LEAVES = 32;
const MAX_DEPTH = 6;
/** An event with more levels of objects and arrays is not compared. */
const MAX_LEVELS = 64;
/** A stream with more types of unknown events is not one answer: its events are not compared. */
const MAX_TYPES = 100;

/** Keys that identify events and carry no content. */
const IDENTITY =
  /^(?:type|event|event_type|id|uuid|seq|index|ts|time|timestamp|created|created_at|role)$|(?:_id|Id|_at|At)$/;

/** Types of events that carry no content. */
const FRAME =
  /^(?:|message|start|started|begin|init|open|opened|connected|ready|end|ended|done|finish|finished|stop|complete|completed|close|closed|ping|pong|heartbeat|keep-?alive)$|[_.:-](?:start|started|begin|end|done|stop|finished|complete|completed)$/i;

/** Keys of texts that are sent in pieces. */
const TEXT =
  /(?:text|token|content|delta|chunk|answer|message|completion|piece|output|response|reply)s?$/i;

/** Types and keys of texts that are not the answer. */
const NOT_ANSWER =
  /error|fail|reason|think|thought|tool|status|source|citation|debug|log|progress|meta|search|plan|title|suggest/i;

/** The text of a stream of events. @param isSecret whether a piece is a secret, which is never part of the answer */
export function answerOf(events: readonly StreamEvent[], isSecret: IsSecretPiece): string {
  const eventTexts = knownTexts(events);
  const unknown = events.flatMap((_, i) => (eventTexts[i] === undefined ? [i] : []));
  const types = new Set(unknown.map((i) => events[i]?.type));
  const channels = types.size > MAX_TYPES ? [] : channelsOf(events, unknown, isSecret);
  let answer = eventTexts.join('');
  const main = answer === '' ? answerChannelOf(channels) : undefined;
  if (main !== undefined) answer = joinPieces(main.pieces);
  const lines = new Map(unknown.map((i) => [i, events[i]?.data ?? '']));
  for (const i of main?.events ?? []) lines.delete(i);
  for (const channel of channels) if (channel !== main) mergeEvents(channel, events, lines);
  const texts = [...lines]
    .filter(([i]) => answer === '' || !isFrame(events[i] as StreamEvent))
    .map(([i, line]) => lineOf(events[i] as StreamEvent, line, answer));
  if (answer !== '') texts.unshift(answer);
  const text = texts.join('\n');
  return text.trim() === '' ? events.map(({ data }) => data).join('\n') : text;
}

/** The line of an event, with the name of its frame if it is an error or not part of the answer. */
function lineOf({ type, isNamedByFrame }: StreamEvent, line: string, answer: string): string {
  const isNamed = isNamedByFrame && type !== 'message' && (answer !== '' || isErrorType(type));
  return isNamed ? `${type}: ${line}` : line;
}

function isFrame({ type, value }: StreamEvent): boolean {
  return (
    isJsonObject(value) && FRAME.test(type) && Object.keys(value).every((key) => IDENTITY.test(key))
  );
}

function channelsOf(
  events: readonly StreamEvent[],
  places: readonly number[],
  isSecret: IsSecretPiece,
): Channel[] {
  const leaves = places.map((i) => {
    const { type, value } = events[i] as StreamEvent;
    const found: Leaf[] = [];
    if (!isErrorType(type) && !isDeeper(value, MAX_LEVELS)) collectLeaves(value, [], found);
    return found.length <= MAX_LEAVES ? found : [];
  });
  const repeated = repeatedTexts(events, places, leaves);
  const channels = new Map<string, Channel>();
  for (const [at, place] of places.entries()) {
    const { type, value } = events[place] as StreamEvent;
    const all = leaves[at] as readonly Leaf[];
    const own = all.filter((leaf) => repeated.get(keyOf(type, leaf)) !== leaf.text);
    const leaf = own.length === 0 && all.length === 1 ? all[0] : own[0];
    if (leaf === undefined || own.length > 1) continue;
    if (leaf.path.some((key) => isSecret(key, leaf.text))) continue;
    const key = keyOf(type, leaf);
    let channel = channels.get(key);
    if (channel === undefined) {
      const { path } = leaf;
      const otherData = otherDataOf(value, path);
      channel = { name: type, path, pieces: [], first: place, otherData, events: [] };
      channels.set(key, channel);
    } else if (
      channel.otherData !== undefined &&
      channel.otherData !== otherDataOf(value, leaf.path)
    ) {
      channel.otherData = undefined;
    }
    channel.pieces.push(leaf.text);
    channel.events.push(place);
  }
  return [...channels.values()];
}

/** Texts that are the same in all events of a type, of at least two events. */
function repeatedTexts(
  events: readonly StreamEvent[],
  places: readonly number[],
  leaves: readonly (readonly Leaf[])[],
): ReadonlyMap<string, string | undefined> {
  const first = new Map<string, string>();
  const repeated = new Map<string, string | undefined>();
  for (const [at, place] of places.entries()) {
    for (const leaf of leaves[at] as readonly Leaf[]) {
      const key = keyOf((events[place] as StreamEvent).type, leaf);
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

/** Whether the value has more levels of objects and arrays. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}

function collectLeaves(value: unknown, path: readonly string[], found: Leaf[]): void {
  if (found.length > MAX_LEAVES || path.length > MAX_DEPTH) return;
  if (typeof value === 'string') {
    if (value !== '') found.push({ path, text: value });
  } else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      if (IDENTITY.test(key)) continue;
      collectLeaves((value as Readonly<Record<string, unknown>>)[key], [...path, key], found);
    }
  }
}

/** The channel of the answer: the one with the most text, preferably one whose names do not exclude it. */
function answerChannelOf(channels: readonly Channel[]): Channel | undefined {
  let main: Channel | undefined;
  for (const channel of channels) {
    if (!isText(channel)) continue;
    if (main === undefined || rank(channel) > rank(main)) main = channel;
  }
  return main;
}

function rank({ name, path, pieces }: Channel): number {
  const isNotAnswer = NOT_ANSWER.test(name) || path.some((key) => NOT_ANSWER.test(key));
  return pieces.join('').length + (isNotAnswer ? 0 : 1e9);
}

/** Whether the pieces are one text, by their key or by spaces at their ends. Records have short texts too. */
function isText({ path, pieces }: Channel): boolean {
  const key = path.findLast((each) => !/^\d+$/.test(each));
  if (key === undefined || TEXT.test(key)) return true;
  return pieces.some(
    (piece, i) => /^\s/.test(piece) || (/\s$/.test(piece) && i < pieces.length - 1),
  );
}

/** The joined pieces; the last piece if each one contains the whole text so far. */
function joinPieces(pieces: readonly string[]): string {
  const isGrowing =
    pieces.length > 2 &&
    pieces.every((piece, i) => i === 0 || piece.startsWith(pieces[i - 1] as string));
  const isRepeated = pieces.every((piece) => piece === pieces[0]);
  return isGrowing && !isRepeated ? (pieces.at(-1) as string) : pieces.join('');
}

/** Merges events that differ in their text alone into one line. */
function mergeEvents(
  channel: Channel,
  events: readonly StreamEvent[],
  lines: Map<number, string>,
): void {
  const { pieces, path, first, otherData } = channel;
  if (pieces.length < 2 || otherData === undefined || !isText(channel)) return;
  for (const place of channel.events) if (place !== first) lines.delete(place);
  lines.set(first, jsonOf(withText(events[first]?.value, path, joinPieces(pieces))));
}

/** JSON of the data without its text and without identifying keys. */
function otherDataOf(value: unknown, path: readonly string[]): string {
  return jsonOf(withoutIdentity(withText(value, path, '')));
}

function withText(value: unknown, path: readonly string[], text: string): unknown {
  const [key, ...below] = path;
  if (key === undefined) return text;
  if (Array.isArray(value)) {
    return value.map((item, i) => (String(i) === key ? withText(item, below, text) : item));
  }
  const copy: Record<string, unknown> = Object.assign(Object.create(null), value);
  copy[key] = withText(copy[key], below, text);
  return copy;
}

function withoutIdentity(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIdentity);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, member] of Object.entries(value)) {
    if (!IDENTITY.test(key)) copy[key] = withoutIdentity(member);
  }
  return copy;
}
