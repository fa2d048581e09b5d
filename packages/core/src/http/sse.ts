/** The events of a streamed body, and what they said. */

import { parseJson } from '../trace/json-text.js';
import { isMembers, type StreamEvent } from './known-events.js';
import { answerOf, type IsSecretPiece } from './stream-answer.js';

/** What is known of a body that is read as a stream of events. */
export interface StreamFacts {
  /** Whether the body went on behind the text. */
  readonly isCut: boolean;
  readonly isSecret: IsSecretPiece;
}

/**
 * The text that a stream of server-sent events carried: the answer, joined, and the data lines of events that are no part
 * of it. Framing: WHATWG HTML, section 9.2.6.
 */
export function joinServerSentEvents(stream: string, facts: StreamFacts): string {
  return joinEvents(stream, serverSentEvents(stream), facts);
}

/** The text that a stream of JSON lines carried, joined likewise. */
export function joinJsonLines(stream: string, facts: StreamFacts): string {
  const lines = stream.split('\n').filter((line) => line.trim() !== '');
  return joinEvents(
    stream,
    lines.map((line) => eventOf('', line.trim())),
    facts,
  );
}

function joinEvents(stream: string, all: readonly StreamEvent[], facts: StreamFacts): string {
  const events = all.filter(({ data }) => data !== '[DONE]');
  const last = events.at(-1);
  // A last event that was cut off says nothing in parts, unless it is a text.
  const isBroken = facts.isCut && last?.value === undefined && /^[{["]/.test(last?.data ?? '');
  const whole = isBroken && events.length > 1 ? events.slice(0, -1) : events;
  const text = answerOf(whole, facts.isSecret);
  return text.trim() === '' ? stream.trim() : text;
}

/** Each event that has data. A last one that was cut off counts as far as it came. */
function serverSentEvents(stream: string): StreamEvent[] {
  const events: StreamEvent[] = [];
  let name = '';
  let data: string[] = [];
  const dispatch = () => {
    if (data.length > 0) events.push(eventOf(name, data.join('\n')));
    name = '';
    data = [];
  };
  for (const line of stream.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    if (line === '') dispatch();
    else if (line.startsWith('data:')) data.push(fieldOf(line, 5));
    else if (line.startsWith('event:')) name = fieldOf(line, 6);
    else if (/^[0-9a-z]:["[{]/.test(line)) events.push(partOf(line));
  }
  dispatch();
  return events;
}

function fieldOf(line: string, start: number): string {
  return line.slice(line[start] === ' ' ? start + 1 : start);
}

/** The AI SDK's older data stream: a character that names the part, a colon and JSON. */
function partOf(line: string): StreamEvent {
  const type = line.startsWith('3:') ? 'error' : line.slice(0, 2);
  const data = line.slice(2);
  return { type, isNamedByFrame: false, data, value: { part: parsed(data) } };
}

function eventOf(name: string, data: string): StreamEvent {
  const value = parsed(data);
  const type = typeOf(value);
  return { type: type ?? name, isNamedByFrame: type === undefined && name !== '', data, value };
}

function typeOf(value: unknown): string | undefined {
  if (!isMembers(value)) return undefined;
  for (const key of ['type', 'event_type', 'event']) {
    const type = value[key];
    if (typeof type === 'string' && type !== '') return type;
  }
  return undefined;
}

/** Objects, lists and strings; anything else is as good as its text. */
function parsed(data: string): unknown {
  if (!/^[{["]/.test(data)) return undefined;
  try {
    return parseJson(data);
  } catch {
    return undefined;
  }
}
