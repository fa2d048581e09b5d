/** What headers state about a body: its type and encoding, and how its value is read. */

import type { EventsKind } from '../../values/events/event-framing.js';

/** Headers that describe a body. */
export interface BodyFacts {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

/** Facts of a response. */
export interface ResponseFacts extends BodyFacts {
  /** Undefined if no head was sent. */
  readonly status: number | undefined;
}

/** The facts of a response that was never sent. */
export const NOTHING_SENT: ResponseFacts = {
  status: undefined,
  contentType: undefined,
  contentEncoding: undefined,
};

/** How the value of a body is read. */
export type BodyKind = 'json' | 'form' | 'events' | 'lines' | 'text' | 'binary';

/** The last header and its media type: most bodies of an app have the same one. */
let lastContentType = '';
let lastMediaType = '';

/** The media type in lower case, without parameters; empty if there is none. */
export function mediaType(contentType: string | undefined): string {
  if (contentType === undefined) return '';
  if (contentType === lastContentType) return lastMediaType;
  const end = contentType.indexOf(';');
  lastMediaType = (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
  lastContentType = contentType;
  return lastMediaType;
}

/** The last header with a charset, and that charset. */
let lastWithCharset = '';
let lastCharset: string | undefined;

/** The charset that the header names; undefined for UTF-8, which is the default, and for one that is not known here. */
export function charsetOf(contentType: string | undefined): string | undefined {
  if (contentType === undefined || !contentType.includes(';')) return undefined;
  if (contentType === lastWithCharset) return lastCharset;
  const name = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1];
  lastCharset = name === undefined ? undefined : knownCharset(name);
  lastWithCharset = contentType;
  return lastCharset;
}

function knownCharset(name: string): string | undefined {
  if (/^utf-?8$/i.test(name)) return undefined;
  try {
    const { encoding } = new TextDecoder(name);
    return encoding === 'utf-8' ? undefined : encoding;
  } catch {
    return undefined;
  }
}

/** The kind of a body by its media type. A body without a type is text, as `res.end('…')` sends it. */
export function kindOf(type: string): BodyKind {
  if (type === 'application/json' || type.endsWith('+json')) return 'json';
  if (type === 'text/event-stream') return 'events';
  if (JSON_LINES.has(type)) return 'lines';
  if (type === 'application/x-www-form-urlencoded') return 'form';
  if (type === '' || type.startsWith('text/') || type.endsWith('+xml')) return 'text';
  return TEXT_TYPES.has(type) ? 'text' : 'binary';
}

const JSON_LINES: ReadonlySet<string> = new Set([
  'application/x-ndjson',
  'application/jsonl',
  'application/ndjson',
]);

/** How the events of a body of this kind are framed; undefined if it is no stream. */
export function declaredEvents(kind: BodyKind): EventsKind | undefined {
  return kind === 'events' || kind === 'lines' ? kind : undefined;
}

/** Whether bodies of this type are streams: of events, or of lines of JSON. */
export function isStreamedType(contentType: string): boolean {
  return declaredEvents(kindOf(mediaType(contentType))) !== undefined;
}

const TEXT_TYPES: ReadonlySet<string> = new Set([
  'application/xml',
  'application/javascript',
  'application/graphql',
  'application/yaml',
]);
