/** Splits a streamed body into events, and writes events as they are sent. */

import { objectOrEmpty } from '../json/json-fields.js';
import { isJsonObject, jsonOf, tryParseJson } from '../json/json-text.js';
import type { StreamEvent } from './known-events.js';

/** How the events of a body are framed: as server-sent events or parts, or as lines of JSON. */
export type EventsKind = 'events' | 'lines';

/** An event, and how it was sent. */
export interface FramedEvent extends StreamEvent {
  readonly frame: 'event' | 'part' | 'line';
  /** The field `event` of an event, or '' without it; the character and colon of a part. */
  readonly frameName: string;
}

/** The event as it was sent, or as it would be sent with another value. */
export function sentText({ frame, frameName, data }: FramedEvent, value?: unknown): string {
  switch (frame) {
    case 'event': {
      const name = frameName === '' ? '' : `event: ${frameName}\n`;
      const lines = value === undefined ? data.replaceAll('\n', '\ndata: ') : jsonOf(value);
      return `${name}data: ${lines}\n\n`;
    }
    case 'part':
      return `${frameName}${value === undefined ? data : jsonOf(objectOrEmpty(value).part)}\n`;
    case 'line':
      return `${value === undefined ? data : jsonOf(value)}\n`;
  }
}

/** The events with data, including a last one that was cut. */
export function eventsIn(stream: string, kind: EventsKind): FramedEvent[] {
  return kind === 'events' ? serverSentEvents(stream) : jsonLines(stream);
}

/** The length of the stream up to the end of its last complete event. */
export function lastEventEnd(stream: string, kind: EventsKind): number {
  const afterLine = stream.lastIndexOf('\n') + 1;
  // Parts of the AI SDK's older stream are lines.
  if (kind === 'lines' || /^[0-9a-z]:["[{]/.test(stream)) return afterLine;
  let end = 0;
  for (const { 0: blank, index } of stream.matchAll(/\n\r?\n|\r\r/g)) end = index + blank.length;
  return end;
}

function serverSentEvents(stream: string): FramedEvent[] {
  const events: FramedEvent[] = [];
  let name = '';
  let data: string[] = [];
  const dispatch = () => {
    if (data.length > 0) events.push(eventOf(name, data.join('\n'), 'event'));
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

function jsonLines(stream: string): FramedEvent[] {
  const lines = stream.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => eventOf('', line.trim(), 'line'));
}

function fieldOf(line: string, start: number): string {
  return line.slice(line[start] === ' ' ? start + 1 : start);
}

/** The AI SDK's older data stream: a character that names the part, a colon and JSON. */
function partOf(line: string): FramedEvent {
  const frameName = line.slice(0, 2);
  const type = frameName === '3:' ? 'error' : frameName;
  const data = line.slice(2);
  const value = { part: parsed(data) };
  return { type, isNamedByField: false, data, value, frame: 'part', frameName };
}

function eventOf(frameName: string, data: string, frame: 'event' | 'line'): FramedEvent {
  const value = parsed(data);
  const type = typeOf(value);
  const isNamedByField = type === undefined && frameName !== '';
  return { type: type ?? frameName, isNamedByField, data, value, frame, frameName };
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
