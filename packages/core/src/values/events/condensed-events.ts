/** Makes the beginning of a stream of events shorter, so that the answer of a long stream is kept: its framing is many times longer. */

import {
  type EventsKind,
  eventsIn,
  type FramedEvent,
  lastEventEnd,
  sentText,
} from './event-framing.js';
import { leavesOf, withText } from './event-leaves.js';
import { knownText, knownTexts } from './known-events.js';
import {
  answerChannelOf,
  type Channel,
  channelsOf,
  type IsSecretPiece,
  isEmptyPiece,
  isGrowing,
  isSplit,
  isText,
  meetAtWord,
} from './text-channels.js';

/**
 * The beginning of a stream with as few events as needed: the events of one text become one or two, and those without any content are
 * left out. Whatever follows, both have the same answer.
 */
export function condensedEvents(
  beginning: string,
  kind: EventsKind,
  isSecret: IsSecretPiece,
): string {
  const end = lastEventEnd(beginning, kind);
  const events = eventsIn(beginning.slice(0, end), kind);
  const texts = events.map(sentTextOf);
  const known = knownTexts(events);
  const hasAnswer = known.some((text) => text !== undefined && text.trim() !== '');
  if (hasAnswer) joinKnown(events, known, texts);
  const unknown = [...events.keys()].filter((i) => known[i] === undefined);
  const channels = channelsOf(events, unknown, isSecret).filter(isText);
  const main = hasAnswer ? undefined : answerChannelOf(channels);
  for (const channel of channels) {
    // Of a text that is not the answer, events with other data stay apart.
    if (channel !== main && channel.otherData === undefined) continue;
    joinChannel(channel, events, texts, isSecret);
    for (const i of unknown) if (isEmptyPiece(channel, i, events)) texts[i] = '';
  }
  return texts.join('') + beginning.slice(end);
}

function sentTextOf(event: FramedEvent): string {
  return sentText(event);
}

/** Joins neighbouring texts of one protocol, and leaves out its events without a text. @param texts of the events, which it changes */
function joinKnown(
  events: readonly FramedEvent[],
  known: readonly (string | undefined)[],
  texts: string[],
): void {
  let last: { readonly at: number; readonly path: readonly string[]; text: string } | undefined;
  for (const [i, event] of events.entries()) {
    const text = known[i];
    if (text === undefined) continue;
    if (text === '') {
      texts[i] = '';
    } else if (last !== undefined && isLike(event, events[last.at])) {
      last.text += text;
      texts[i] = '';
    } else {
      if (last !== undefined) texts[last.at] = sentWith(events[last.at], last.path, last.text);
      const path = pathOfText(event, text);
      last = path && { at: i, path, text };
    }
  }
  if (last !== undefined) texts[last.at] = sentWith(events[last.at], last.path, last.text);
}

/** Where the protocol finds the text of the event; undefined if it is in several places. */
function pathOfText(event: FramedEvent, text: string): readonly string[] | undefined {
  const path = leavesOf(event).find((leaf) => leaf.text === text)?.path;
  const isAlone = path && knownText(event.type, withText(event.value, path, PROBE)) === PROBE;
  return isAlone ? path : undefined;
}

/** A text that no event has. */
const PROBE = '\uE000';

/**
 * Joins the texts of a channel in two events: with two, they still show which of their strings is the text, and where a word begins.
 * @param texts of the events, which it changes
 */
function joinChannel(
  { events: indexes, path, pieces, isPlain }: Channel,
  events: readonly FramedEvent[],
  texts: string[],
  isSecret: IsSecretPiece,
): void {
  const [first = 0] = indexes;
  const alike = indexes.every((i) => isLike(events[i], events[first]));
  if (pieces.length < 3 || !alike || pieces.every((piece) => piece === pieces[0])) return;
  if (isGrowing(pieces)) {
    for (const i of indexes.slice(1, -2)) texts[i] = '';
    return;
  }
  const wordAt = pieces.findIndex((piece, i) => {
    const before = pieces[i - 1];
    return before !== undefined && (meetAtWord(before, piece) || isSplit(before, piece));
  });
  const half = Math.max(wordAt, 1);
  const joined = [pieces.slice(0, half).join(''), pieces.slice(half).join('')] as const;
  const isUnsafe = (text: string) =>
    path.some((key) => isSecret(key, text)) || (isPlain && /^[{["]|\r/.test(text));
  if (joined.some(isUnsafe) || joined[1].startsWith(joined[0])) return;
  for (const i of indexes) texts[i] = '';
  for (const [place, text] of joined.entries()) {
    const i = indexes[place === 0 ? 0 : half] ?? 0;
    texts[i] = sentWith(events[i], path, text);
  }
}

function isLike(event: FramedEvent | undefined, other: FramedEvent | undefined): boolean {
  return (
    event?.type === other?.type &&
    event?.frame === other?.frame &&
    event?.frameName === other?.frameName
  );
}

function sentWith(event: FramedEvent | undefined, path: readonly string[], text: string): string {
  if (event === undefined) return '';
  return event.value === undefined
    ? sentText({ ...event, data: text })
    : sentText(event, withText(event.value, path, text));
}
