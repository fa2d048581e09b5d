/** Joins the text of a streamed body. */

import { type EventsKind, eventsIn, lastEventEnd } from './event-framing.js';
import { knownTexts, type StreamEvent } from './known-events.js';
import { answerOf } from './stream-answer.js';
import type { IsSecretPiece } from './text-channels.js';

/** How the events of a body are joined. */
export interface JoinOptions {
  /** Whether the body was cut. */
  readonly isCut: boolean;
  readonly isSecret: IsSecretPiece;
}

/**
 * How the events of a body are framed; undefined for other bodies. Servers also send the events of models as plain text or JSON, and
 * lines of JSON as server-sent events.
 * @param text the body or its beginning
 * @param declared by its media type; undefined if that declares no stream of events
 */
export function eventsKindOf(
  text: string,
  declared: EventsKind | undefined,
): EventsKind | undefined {
  const start = /^\uFEFF?\s*(?:(?:data|event|id|retry)?:|[0-9a-z]:["[{]|(\{))/.exec(text);
  if (start === null) return declared;
  const found = start[1] === undefined ? 'events' : 'lines';
  if (found === declared || !isOfModel(text, found)) return declared;
  return found;
}

/** Whether the complete events of the text have one of a known protocol. */
function isOfModel(text: string, kind: EventsKind): boolean {
  const complete = text.slice(0, lastEventEnd(text, kind));
  // Each line of a JSON document that is no stream would be parsed in vain.
  if (
    kind === 'lines' &&
    eventsIn(complete.slice(0, complete.indexOf('\n')), kind)[0]?.value === undefined
  )
    return false;
  return knownTexts(eventsIn(complete, kind)).some((each) => each !== undefined);
}

/**
 * The text of a stream of events: the model's answer, joined, then the data of events that are not part of it.
 * Framing of server-sent events: WHATWG HTML, section 9.2.6.
 */
export function joinedEvents(stream: string, kind: EventsKind, options: JoinOptions): string {
  return joinEvents(stream, eventsIn(stream, kind), options);
}

function joinEvents(stream: string, all: readonly StreamEvent[], options: JoinOptions): string {
  const events = all.filter(({ data }) => data !== '[DONE]');
  const last = events.at(-1);
  // A last event whose JSON was cut is left out.
  const isBroken = options.isCut && last?.value === undefined && /^[{["]/.test(last?.data ?? '');
  const whole = isBroken && events.length > 1 ? events.slice(0, -1) : events;
  const text = answerOf(whole, options.isSecret);
  return text.trim() === '' ? stream.trim() : text;
}
