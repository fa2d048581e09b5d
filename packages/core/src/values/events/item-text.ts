/** The one text that the items of a stream are pieces of: its objects or, in strings, its server-sent events or lines of JSON. */

import { condensedEvents } from './condensed-events.js';
import { eventsIn, type FramedEvent } from './event-framing.js';
import { eventsKindOf, joinedEvents } from './joined-events.js';
import { knownTexts } from './known-events.js';
import { answerOf } from './stream-answer.js';
import {
  answerChannelOf,
  type Channel,
  channelsOf,
  type IsSecretPiece,
  isGrowing,
  isNoAnswer,
  isSplit,
  meetAtWord,
} from './text-channels.js';

/** A text in pieces. */
export interface ItemText {
  /** The text that the items carry together. */
  join(isCut: boolean): string;
  /** The same text in fewer items. */
  condense(): readonly string[];
}

export interface ObjectsOptions {
  readonly isSecret: IsSecretPiece;
  /** Whether the objects are pieces of one text, if that is known: of condensed objects it cannot be seen. */
  readonly isOneText?: boolean | undefined;
}

/**
 * The text of which objects are pieces; undefined if they are records, or of several texts. More evidence is needed than in a
 * response: a function also yields documents, whose texts must not be joined.
 * @param objects their JSON
 */
export function textOfObjects(
  objects: readonly string[],
  { isSecret, isOneText }: ObjectsOptions,
): ItemText | undefined {
  const lines = `${objects.join('\n')}\n`;
  const events = eventsIn(lines, 'lines');
  if (!(isOneText ?? haveOneText(events, isSecret))) return undefined;
  return {
    join: () => answerOf(events, isSecret),
    condense: () =>
      condensedEvents(lines, 'lines', isSecret)
        .split('\n')
        .filter((line) => line !== ''),
  };
}

/** The text that server-sent events or lines of JSON carry; undefined for any other text. */
export function textOfFrames(text: string, isSecret: IsSecretPiece): ItemText | undefined {
  const kind = eventsKindOf(text, ONLY_FIELDS.test(text) ? 'events' : undefined);
  if (kind === undefined) return undefined;
  return {
    join: (isCut) => joinedEvents(text, kind, { isCut, isSecret }),
    condense: () => [condensedEvents(text, kind, isSecret)],
  };
}

/** A first event, each of whose lines is a field. */
const ONLY_FIELDS = /^\uFEFF?\s*(?:(?:data|event|id|retry)?:[^\n]*\n)+\r?\n/;

function haveOneText(events: readonly FramedEvent[], isSecret: IsSecretPiece): boolean {
  const known = knownTexts(events);
  if (known.join('').trim() !== '') return true;
  const unknown = [...events.keys()].filter((i) => known[i] === undefined);
  const main = answerChannelOf(channelsOf(events, unknown, isSecret));
  return main !== undefined && arePieces(main);
}

/** A type or key of pieces. A `chunk` is one in a type alone: as a key, it may be a part of a document. */
const PIECE_TYPE = /(?:token|delta|chunk|piece)s?$/i;
const PIECE_KEY = /(?:token|delta|piece)$/i;
/** Average characters of a piece in a script without spaces between words. */
const MAX_UNSPACED_CHARS = 8;

/** Whether the texts are pieces of one text, by their type or key, by spaces at their ends, or because each contains the last one. */
function arePieces(channel: Channel): boolean {
  const { name, path, pieces } = channel;
  if (isNoAnswer(channel)) return false;
  if (PIECE_TYPE.test(name)) return true;
  // A single `token` may be a secret.
  if (pieces.length < 2) return false;
  if (path.some((key) => PIECE_KEY.test(key)) || isGrowing(pieces)) return true;
  const meet = (how: (before: string, after: string) => boolean) =>
    pieces.some((piece, i) => i > 0 && how(pieces[i - 1] as string, piece));
  return (
    meet(meetAtWord) ||
    (meet(isSplit) && pieces.join('').length <= MAX_UNSPACED_CHARS * pieces.length)
  );
}
