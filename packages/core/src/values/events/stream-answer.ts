/**
 * The model's answer in a stream of events, known or unknown: the joined text first, then the data of each event that is not
 * part of it. No event is left out because its shape is unknown.
 */

import { isJsonObject, jsonOf } from '../json/json-text.js';
import { CONTROL, IDENTITY, withText } from './event-leaves.js';
import { isErrorType, knownTexts, type StreamEvent } from './known-events.js';
import {
  answerChannelOf,
  type Channel,
  channelsOf,
  type IsSecretPiece,
  isEmptyPiece,
  isText,
  joinPieces,
} from './text-channels.js';

/** The text of a stream of events. @param isSecret whether a piece is a secret, which is never part of the answer */
export function answerOf(events: readonly StreamEvent[], isSecret: IsSecretPiece): string {
  const eventTexts = knownTexts(events);
  const unknown = events.flatMap((_, i) => (eventTexts[i] === undefined ? [i] : []));
  const channels = channelsOf(events, unknown, isSecret);
  let answer = eventTexts.join('');
  const main = answer === '' ? answerChannelOf(channels) : undefined;
  if (main !== undefined) answer = joinPieces(main.pieces);
  const lines = new Map(unknown.map((i) => [i, events[i]?.data ?? '']));
  for (const i of main?.events ?? []) lines.delete(i);
  for (const channel of channels) {
    if (channel !== main) mergeEvents(channel, events, lines);
    if (!isText(channel)) continue;
    for (const i of lines.keys()) if (isEmptyPiece(channel, i, events)) lines.delete(i);
  }
  const texts = [...lines]
    .filter(([i]) => answer === '' || !isControl(events[i] as StreamEvent))
    .map(([i, line]) => lineOf(events[i] as StreamEvent, line, answer));
  if (answer !== '') texts.unshift(answer);
  const text = texts.join('\n');
  return text.trim() === '' ? events.map(({ data }) => data).join('\n') : text;
}

/** The line of an event, with its type by the field `event` if it is an error or not part of the answer. */
function lineOf({ type, isNamedByField }: StreamEvent, line: string, answer: string): string {
  const isNamed = isNamedByField && type !== 'message' && (answer !== '' || isErrorType(type));
  return isNamed ? `${type}: ${line}` : line;
}

function isControl({ type, data, value }: StreamEvent): boolean {
  if (!CONTROL.test(type)) return false;
  return isJsonObject(value)
    ? Object.keys(value).every((key) => IDENTITY.test(key))
    : data.trim() === '';
}

/** Merges events that differ in their text alone into one line. */
function mergeEvents(
  channel: Channel,
  events: readonly StreamEvent[],
  lines: Map<number, string>,
): void {
  const { pieces, path, first, otherData } = channel;
  if (pieces.length < 2 || otherData === undefined || !isText(channel)) return;
  for (const index of channel.events) if (index !== first) lines.delete(index);
  const text = joinPieces(pieces);
  lines.set(first, channel.isPlain ? text : jsonOf(withText(events[first]?.value, path, text)));
}
