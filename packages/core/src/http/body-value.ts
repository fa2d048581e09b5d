/** What a captured body says, for people: JSON as its value, text as text, a stream as its answer. */

import { decodeContent } from '#platform';
import { parseJson } from '../trace/json-text.js';
import { isThenable } from '../trace/promised.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';
import { head, withoutHalf } from '../trace/well-formed.js';
import type { BodyCapture } from './body-capture.js';
import { joinJsonLines, joinServerSentEvents } from './sse.js';

export interface BodyFacts {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

/** Decoded, a compressed body may be larger than what was kept of it. */
const MAX_DECODED_FACTOR = 8;

type Kind = 'json' | 'form' | 'events' | 'lines' | 'text' | 'binary';

/**
 * The JSON text of the body's value, or undefined where there was no body.
 * @param convert makes something else of the value first
 */
export function bodyText(
  trace: RecordedTrace,
  capture: BodyCapture,
  facts: BodyFacts,
  convert?: (body: unknown) => unknown,
): string | undefined {
  if (capture.bytes === 0) return undefined;
  const type = mediaType(facts.contentType);
  const kind = kindOf(type);
  if (kind === 'binary' || (type === '' && !capture.isText()))
    return named(trace, type, capture.bytes);
  const text = textOf(capture, facts.contentEncoding);
  if (text === undefined) return named(trace, `${type}, ${facts.contentEncoding}`, capture.bytes);
  if (kind === 'json' && !capture.isCut) {
    const value = parse(text);
    if (value !== undefined) {
      if (convert !== undefined) return converted(trace, value, convert);
      return trace.snapshotOfParsed(text, value);
    }
  }
  if (kind === 'form') return trace.snapshot(formValue(text), 'output');
  const { redactor } = trace.recorder;
  const { isCut } = capture;
  if (kind === 'events' || kind === 'lines') {
    const join = kind === 'events' ? joinServerSentEvents : joinJsonLines;
    const isSecret = (key: string, piece: string) => redactor.isSecretInStream(key, piece);
    const read = redactor.maskStream(join(text, { isCut, isSecret }), isCut);
    const whole = isCut ? marked(read, capture.bytes, trace) : read;
    if (convert !== undefined) return converted(trace, whole, convert);
    return trace.snapshotOfStream(whole, 'output');
  }
  const whole = isCut ? marked(redactor.mask(text, isCut), capture.bytes, trace) : text;
  return convert === undefined ? trace.snapshot(whole, 'output') : converted(trace, whole, convert);
}

/** The text with a mark that says how long it was, which together stay within the limit of a value. */
function marked(text: string, bytes: number, trace: RecordedTrace): string {
  const mark = `… [cut: ${bytes} bytes in all]`;
  return head(withoutHalf(text), trace.recorder.limits.maxValueChars - mark.length) + mark;
}

/** What the user's function makes of the body; nothing where it throws, since it may be there to leave something out. */
function converted(
  trace: RecordedTrace,
  body: unknown,
  convert: (body: unknown) => unknown,
): string {
  try {
    const output = convert(body);
    if (!isThenable(output)) return trace.snapshot(output, 'output');
    trace.expect('output', output, (told) => {
      trace.root.output = trace.snapshot(told, 'output');
    });
    return 'null';
  } catch (error) {
    const { diagnostics } = trace.recorder;
    diagnostics.report(
      'error',
      'option_output_failed',
      'the function given as output threw',
      error,
    );
    return 'null';
  }
}

/** A form's fields by name; a list where a name comes more than once. */
function formValue(text: string): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else fields[name] = [before, value];
  }
  return fields;
}

function textOf(capture: BodyCapture, encoding: string | undefined): string | undefined {
  // What compresses behind us names its encoding too; compressed bytes are never text.
  if (encoding === undefined || encoding === 'identity' || capture.isText())
    return capture.toText();
  const bytes = capture.toBytes();
  const decoded = decodeContent(
    encoding.toLowerCase(),
    bytes,
    Math.max(65_536, bytes.byteLength) * MAX_DECODED_FACTOR,
  );
  return decoded === undefined
    ? undefined
    : new TextDecoder().decode(decoded, { stream: capture.isCut });
}

function named(trace: RecordedTrace, type: string, bytes: number): string {
  return trace.snapshot(`[${type || 'body'}: ${bytes} bytes]`, 'output');
}

function mediaType(contentType: string | undefined): string {
  if (contentType === undefined) return '';
  const end = contentType.indexOf(';');
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

/** A body without a type is read as text, which is what a bare `res.end('…')` sends. */
function kindOf(type: string): Kind {
  if (type === 'application/json' || type.endsWith('+json')) return 'json';
  if (type === 'text/event-stream') return 'events';
  if (
    type === 'application/x-ndjson' ||
    type === 'application/jsonl' ||
    type === 'application/ndjson'
  )
    return 'lines';
  if (type === 'application/x-www-form-urlencoded') return 'form';
  if (type === '' || type.startsWith('text/') || type.endsWith('+xml')) return 'text';
  return TEXT_TYPES.has(type) ? 'text' : 'binary';
}

const TEXT_TYPES: ReadonlySet<string> = new Set([
  'application/xml',
  'application/javascript',
  'application/graphql',
  'application/yaml',
]);

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
