/** Splits a streamed body into events, and joins their text. */

import { isJsonObject, tryParseJson } from '../../values/json-text.js';
import type { StreamEvent } from './known-events.js';
import { answerOf, type IsSecretPiece } from './stream-answer.js';

/** Facts of a body that is read as an event stream. */
export interface StreamFacts {
  /** Whether the body was cut. */
  readonly isCut: boolean;
  readonly isSecret: IsSecretPiece;
}

/**
 * The text of a stream of server-sent events: the model's answer, joined, then the data of events that are not part of it.
 * Framing: WHATWG HTML, section 9.2.6.
 */
export function joinServerSentEvents(stream: string, facts: StreamFacts): string {
  return joinEvents(stream, serverSentEvents(stream), facts);
}

/** The text of a stream of JSON lines. */
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
  // A last event whose JSON was cut is left out.
  const isBroken = facts.isCut && last?.value === undefined && /^[{["]/.test(last?.data ?? '');
  const whole = isBroken && events.length > 1 ? events.slice(0, -1) : events;
  const text = answerOf(whole, facts.isSecret);
  return text.trim() === '' ? stream.trim() : text;
}

/** The events with data, including a last one that was cut. */
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
  if (!isJsonObject(value)) return undefined;
  for (const key of ['type', 'event_type', 'event']) {
    const type = value[key];
    if (typeof type === 'string' && type !== '') return type;
  }
  return undefined;
}

/** The value of JSON objects, arrays and strings; undefined for other data. */
function parsed(data: string): unknown {
  return /^[{["]/.test(data) ? tryParseJson(data) : undefined;
}
