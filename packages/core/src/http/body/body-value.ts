/** The value of a captured body: JSON as its value, text as a string, an event stream as the text that it carried. */

import { decodeContent } from '#platform';
import type { RecordedTrace } from '../../trace/recorded-trace.js';
import { tryParseJson } from '../../values/json-text.js';
import { isThenable } from '../../values/thenable.js';
import { head, withoutHalf } from '../../values/well-formed.js';
import type { BodyCapture } from './body-capture.js';
import { type BodyFacts, kindOf, mediaType } from './body-facts.js';
import { joinJsonLines, joinServerSentEvents } from './event-stream.js';

/** A compressed body is decoded to at most this multiple of the kept bytes. */
const MAX_DECODED_FACTOR = 8;

/** Whose body it is. */
export interface BodyRole {
  /** The key of the value, by which it may be a secret: `body` of a request, `output` of a response. */
  readonly key: 'body' | 'output';
  /** The option `output`, which converts the value. */
  readonly convert?: ((body: unknown) => unknown) | undefined;
}

/** The JSON text of the body's value; undefined for an empty body. */
export function bodyText(
  trace: RecordedTrace,
  capture: BodyCapture,
  facts: BodyFacts,
  { key, convert }: BodyRole,
): string | undefined {
  if (capture.bytes === 0) return undefined;
  const type = mediaType(facts.contentType);
  const kind = kindOf(type);
  if (kind === 'binary' || (type === '' && !capture.isText()))
    return namingMark(trace, key, type, capture);
  const text = textIn(capture, facts.contentEncoding);
  if (text === undefined)
    return namingMark(trace, key, `${type}, ${facts.contentEncoding}`, capture);
  if (kind === 'json' && !capture.isCut) {
    if (convert === undefined) {
      const json = trace.values.snapshotOfJson(text, key);
      if (json !== undefined) return json;
    } else {
      const value = tryParseJson(text);
      if (value !== undefined) return converted(trace, value, convert);
    }
  }
  const { redactor } = trace.recorder;
  const { isCut } = capture;
  if (kind === 'form') {
    const fields = isCut
      ? fieldsOfCut(text, capture.lengthText, trace)
      : fieldsByName(new URLSearchParams(text));
    return convert === undefined
      ? trace.values.snapshot(fields, key)
      : converted(trace, fields, convert);
  }
  // Events are a model's answer only in a response.
  if (key === 'output' && (kind === 'events' || kind === 'lines')) {
    const join = kind === 'events' ? joinServerSentEvents : joinJsonLines;
    const isSecret = (key: string, piece: string) => redactor.isSecretInStream(key, piece);
    const joined = redactor.maskStream(join(text, { isCut, isSecret }), { isCut });
    const whole = isCut ? withCutMark(joined, capture.lengthText, trace) : joined;
    if (convert !== undefined) return converted(trace, whole, convert);
    return trace.values.snapshotOfStream(whole, key);
  }
  const whole = isCut
    ? withCutMark(redactor.mask(text, { isCut }), capture.lengthText, trace)
    : text;
  return convert === undefined
    ? trace.values.snapshot(whole, key)
    : converted(trace, whole, convert);
}

/** The text with a mark of the body's length, together within the limit of a value. */
function withCutMark(text: string, length: string, trace: RecordedTrace): string {
  const mark = `… [cut: ${length} in all]`;
  return head(withoutHalf(text), trace.recorder.limits.maxValueChars - mark.length) + mark;
}

/** The fields of a form of which the beginning is known, with a mark of the body's length. */
function fieldsOfCut(
  text: string,
  length: string,
  trace: RecordedTrace,
): Readonly<Record<string, unknown>> {
  const entries = [...new URLSearchParams(text.replace(CUT_ESCAPE, ''))];
  const last = entries.pop();
  if (last !== undefined) {
    // What follows may have shown that it is a secret.
    const [name, value] = last.map((part) =>
      trace.recorder.redactor.mask(part.replace(CUT_CHARACTER, ''), { isCut: true }),
    );
    entries.push([name ?? '', value ?? '']);
  }
  return fieldsByName([...entries, ['…', `[cut: ${length} in all]`]]);
}

/** An escape such as `%E5` that was cut. */
const CUT_ESCAPE = /%[\da-f]?$/i;
/** A character of which some bytes are missing, as the parser shows it. */
const CUT_CHARACTER = /\uFFFD+$/;

/** The result of the option `output`; null if it throws, since it may be meant to leave something out. */
function converted(
  trace: RecordedTrace,
  body: unknown,
  convert: (body: unknown) => unknown,
): string {
  try {
    const output = convert(body);
    if (!isThenable(output)) return trace.values.snapshot(output, 'output');
    trace.awaitOption('output', output, (value) => {
      trace.root.setOutput(trace.values.snapshot(value, 'output'));
    });
    return 'null';
  } catch (error) {
    trace.reportOptionThrew('output', error);
    return 'null';
  }
}

/** A form's fields by name; an array where a name comes more than once. */
export function fieldsByName(
  entries: Iterable<readonly [name: string, value: string]>,
): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = Object.create(null);
  for (const [name, value] of entries) {
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else fields[name] = [before, value];
  }
  return fields;
}

function textIn(capture: BodyCapture, encoding: string | undefined): string | undefined {
  // If the compression happens after the capture, the header is set and the bytes are still text.
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

function namingMark(trace: RecordedTrace, key: string, type: string, capture: BodyCapture): string {
  return trace.values.snapshot(`[${type || 'body'}: ${capture.lengthText}]`, key);
}
