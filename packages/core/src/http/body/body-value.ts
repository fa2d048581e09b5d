/** The value of a captured body: JSON as its value, text as a string, an event stream as the text that it carried. */

import { decodeContent } from '#platform';
import type { TraceValues } from '../../trace/content/trace-values.js';
import type { RecordedTrace } from '../../trace/recorded-trace.js';
import { eventsKindOf, joinedEvents } from '../../values/events/joined-events.js';
import { tryParseJson } from '../../values/json/json-text.js';
import { isThenable } from '../../values/reading/thenable.js';
import { fieldsByName } from '../../values/text/form-fields.js';
import { cutTo, withoutHalf } from '../../values/text/well-formed.js';
import type { BodyCapture } from './body-capture.js';
import { type BodyFacts, charsetOf, declaredEvents, kindOf, mediaType } from './body-facts.js';

/** A compressed body is decoded to at most this multiple of the kept bytes. */
const MAX_DECODED_FACTOR = 8;

/** Whose body it is. */
export interface BodyRole {
  /** The key of the value, by which it may be a secret: `body` of a request, `output` of a response. */
  readonly key: 'body' | 'output';
  /** The option `output`, which converts the value. */
  readonly convert?: ((body: unknown) => unknown) | undefined;
  /** Converts the value. @default the values of the trace */
  readonly values?: TraceValues | undefined;
}

/** The JSON text of the body's value; undefined for an empty body. */
export function bodyText(
  trace: RecordedTrace,
  capture: BodyCapture,
  facts: BodyFacts,
  { key, convert, values = trace.values }: BodyRole,
): string | undefined {
  if (capture.bytes === 0) return undefined;
  const type = mediaType(facts.contentType);
  const kind = kindOf(type);
  if (kind === 'binary' || (type === '' && !capture.isText()))
    return namingMark(values, key, binaryName(type, facts.contentEncoding, capture), capture);
  const charset = charsetOf(facts.contentType);
  const text = decodedText(capture, facts.contentEncoding, charset);
  if (text === undefined)
    return namingMark(values, key, `${type}, ${facts.contentEncoding}`, capture);
  if (kind === 'json' && !capture.isCut) {
    if (convert === undefined) {
      const json = values.snapshotOfJson(text, key);
      if (json !== undefined) return json;
    } else {
      const value = tryParseJson(text);
      if (value !== undefined) return converted(trace, value, convert);
    }
  }
  const { redactor } = trace.recorder;
  if (kind === 'json' && capture.isCut) {
    const value = capture.excerpt(text, (head) => redactor.mask(head, { isCut: true }));
    if (typeof value === 'object' && value !== null)
      return convert === undefined ? values.snapshot(value, key) : converted(trace, value, convert);
  }
  // What follows the part may show that its end is a secret.
  const extent = { isCut: capture.isPart };
  const withMark = (part: string) =>
    capture.isCut ? withCutMark(part, capture.lengthText, trace) : part;
  if (kind === 'form') {
    const form = charset === undefined ? text : inUtf8(text, charset);
    const fields = capture.isPart
      ? fieldsOfPart(form, charset, capture, trace)
      : fieldsByName(new URLSearchParams(form));
    return convert === undefined ? values.snapshot(fields, key) : converted(trace, fields, convert);
  }
  // Events are a model's answer only in a response.
  const events = key === 'output' && eventsKindOf(text, declaredEvents(kind));
  if (events) {
    const isSecret = (key: string, piece: string) => redactor.isSecretInStream(key, piece);
    const answer = joinedEvents(text, events, { ...extent, isSecret });
    const whole = withMark(redactor.maskStream(answer, extent));
    if (convert !== undefined) return converted(trace, whole, convert);
    return values.snapshotOfStream(whole, key);
  }
  const whole = capture.isPart ? withMark(redactor.mask(text, extent)) : text;
  return convert === undefined ? values.snapshot(whole, key) : converted(trace, whole, convert);
}

/** The text with a mark of the body's length, together within the limit of a value. */
function withCutMark(text: string, length: string, trace: RecordedTrace): string {
  const mark = `… [cut: ${length} in all]`;
  return cutTo(withoutHalf(text), trace.recorder.limits.maxValueChars - mark.length) + mark;
}

/** The fields of a form of which the beginning is known; with a mark of the body's length, if not all of it was kept. */
function fieldsOfPart(
  text: string,
  charset: string | undefined,
  capture: BodyCapture,
  trace: RecordedTrace,
): Readonly<Record<string, unknown>> {
  const { redactor } = trace.recorder;
  const excerpt = capture.formEntries(
    (written) => decodedField(written, charset),
    (head) => redactor.mask(head, { isCut: true }),
  );
  if (excerpt !== undefined) return fieldsByName(excerpt);
  const entries = [...new URLSearchParams(text.replace(CUT_ESCAPE, ''))];
  const last = entries.pop();
  if (last !== undefined) {
    const [name, value] = last.map((part) =>
      redactor.mask(part.replace(CUT_CHARACTER, ''), { isCut: true }),
    );
    entries.push([name ?? '', value ?? '']);
  }
  if (capture.isCut) entries.push(['…', `[cut: ${capture.lengthText} in all]`]);
  return fieldsByName(entries);
}

/** A name or value of a form without its escapes. It may be cut. */
function decodedField(written: string, charset: string | undefined): string {
  const whole = written.replace(CUT_ESCAPE, '');
  const field = charset === undefined ? whole : inUtf8(whole, charset);
  return (new URLSearchParams(`v=${field}`).get('v') ?? '').replace(CUT_CHARACTER, '');
}

/** The form with its escapes in UTF-8, as `URLSearchParams` reads them. */
function inUtf8(form: string, charset: string): string {
  return form.replace(/(?:%[\da-f]{2})+/gi, (escapes) => {
    const bytes = escapes.match(/[\da-f]{2}/gi)?.map((hex) => Number.parseInt(hex, 16)) ?? [];
    return encodeURIComponent(new TextDecoder(charset).decode(Uint8Array.from(bytes)));
  });
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

function decodedText(
  capture: BodyCapture,
  encoding: string | undefined,
  charset: string | undefined,
): string | undefined {
  // If the compression happens after the capture, the header is set and the bytes are still text.
  if (encoding === undefined || encoding === 'identity' || capture.isText())
    return capture.toText(charset);
  const bytes = capture.toBytes();
  const decoded = decodeContent(
    encoding.toLowerCase(),
    bytes,
    Math.max(65_536, bytes.byteLength) * MAX_DECODED_FACTOR,
  );
  return decoded === undefined
    ? undefined
    : new TextDecoder(charset).decode(decoded, { stream: capture.isPart });
}

/** The name of a binary body, which states the compression if the captured bytes are compressed: their number is smaller then. */
function binaryName(type: string, encoding: string | undefined, capture: BodyCapture): string {
  if (encoding === undefined || !isCompressed(encoding.toLowerCase(), capture.toBytes()))
    return type;
  return `${type || 'body'}, ${encoding}`;
}

/** Whether the bytes are in the encoding of the header. They are not if the compression happens after the capture. */
function isCompressed(encoding: string, bytes: Uint8Array): boolean {
  const magic = MAGIC_NUMBERS[encoding];
  return magic === undefined
    ? (decodeContent(encoding, bytes.subarray(0, PROBE_BYTES), MAX_PROBED_BYTES)?.length ?? 0) > 0
    : magic.every((byte, i) => bytes[i] === byte);
}

const MAGIC_NUMBERS: Readonly<Record<string, readonly number[]>> = {
  gzip: [0x1f, 0x8b],
  'x-gzip': [0x1f, 0x8b],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
};
const PROBE_BYTES = 4096;
const MAX_PROBED_BYTES = 4_194_304;

function namingMark(values: TraceValues, key: string, type: string, capture: BodyCapture): string {
  return values.snapshot(`[${type || 'body'}: ${capture.lengthText}]`, key);
}
