/** Reads an ExportTraceServiceRequest in OTLP's JSON: keys in lower camel case, ids in hexadecimal. */

import { isUtf8 } from 'node:buffer';
import type { SpanEvent, SpanLink, SpanScope, SpanStatus } from '@openlayer-tracing/otel/dialects';
import { isJsonObject, type JsonObject } from '../values/json.js';
import { withQuotedIntegers } from '../values/quoted-integers.js';
import { Malformed } from './malformed.js';
import type { OtlpSpan, OtlpSpans } from './otlp-span.js';
import { Rejections } from './rejections.js';
import { MAX_DEPTH, RequestLimits, TOO_DEEP } from './request-limits.js';
import {
  doubleValue,
  hasRemoteParent,
  idOf,
  integerValue,
  kindOf,
  linkOf,
  msOf,
  parentIdOf,
  statusCodeOf,
  timesOf,
} from './span-facts.js';

type Attributes = Readonly<Record<string, unknown>>;

/** The spans of a body. Unknown members are ignored. @throws Malformed, or Refusal 413 if it has too many values */
export function readJson(body: Buffer): OtlpSpans {
  if (!isUtf8(body)) throw new Malformed('not valid UTF-8');
  const request = parseText(withQuotedIntegers(body.toString('utf8')));
  if (!isJsonObject(request)) throw new Malformed('not a JSON object');
  const reading = new Reading();
  for (const each of objectsIn(request, 'resourceSpans')) reading.resourceSpans(each);
  const { spans, rejections } = reading;
  return { spans, rejected: rejections.count, reason: rejections.text };
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // V8's message is not passed on, since it quotes the body.
    throw new Malformed('not valid JSON');
  }
}

class Reading {
  readonly spans: OtlpSpan[] = [];
  readonly rejections = new Rejections();
  readonly #limits = new RequestLimits();

  resourceSpans(message: JsonObject): void {
    this.#limits.addValue();
    const resource = isJsonObject(message.resource) ? this.#attributes(message.resource) : {};
    for (const each of objectsIn(message, 'scopeSpans')) {
      this.#limits.addValue();
      const scope = scopeOf(each.scope);
      for (const fields of listOf(each, 'spans')) {
        const span = this.rejections.attempt(() => this.#span(fields, resource, scope));
        if (span) this.spans.push(span);
      }
    }
  }

  #span(message: unknown, resource: Attributes, scope: SpanScope): OtlpSpan {
    this.#limits.startSpan();
    if (!isJsonObject(message)) throw new Malformed('a span is not an object');
    const spanId = idOf('span id', stringIn(message, 'spanId'), 16);
    return {
      traceId: idOf('trace id', stringIn(message, 'traceId'), 32),
      spanId,
      parentSpanId: parentIdOf(stringIn(message, 'parentSpanId'), spanId),
      name: this.#text(message, 'name'),
      kind: kindOf(enumOf(message, 'kind', 'SPAN_KIND_', KINDS)),
      ...timesOf(uint64Of(message, 'startTimeUnixNano'), uint64Of(message, 'endTimeUnixNano')),
      attributes: this.#attributes(message),
      events: objectsIn(message, 'events').map((event) => this.#event(event)),
      links: objectsIn(message, 'links').flatMap((link) => this.#link(link) ?? []),
      status: this.#status(message.status),
      resource,
      scope,
      hasRemoteParent: hasRemoteParent(Number(uint64Of(message, 'flags'))),
      bytes: this.#limits.spanBytes,
    };
  }

  #event(message: JsonObject): SpanEvent {
    this.#limits.addValue();
    return {
      name: this.#text(message, 'name'),
      timeMs: msOf(uint64Of(message, 'timeUnixNano')),
      attributes: this.#attributes(message),
    };
  }

  #link(message: JsonObject): SpanLink | undefined {
    this.#limits.addValue();
    return linkOf(
      stringIn(message, 'traceId'),
      stringIn(message, 'spanId'),
      this.#attributes(message),
    );
  }

  #status(status: unknown): SpanStatus {
    if (!isJsonObject(status)) return { code: 'unset' };
    const message = this.#text(status, 'message') || undefined;
    const code = statusCodeOf(enumOf(status, 'code', 'STATUS_CODE_', STATUS_CODES));
    return { code, ...(message !== undefined && { message }) };
  }

  #attributes(message: JsonObject): Attributes {
    return this.#pairs(objectsIn(message, 'attributes'), 0);
  }

  #pairs(list: readonly JsonObject[], depth: number): Attributes {
    return Object.fromEntries(
      list.map((each) => {
        this.#limits.addValue();
        return [this.#text(each, 'key'), this.#anyValue(each.value, depth)];
      }),
    );
  }

  /** An AnyValue: its one member. Without one it is null. */
  #anyValue(value: unknown, depth: number): unknown {
    if (!isJsonObject(value)) return null;
    if (has(value, 'stringValue')) return this.#text(value, 'stringValue');
    if (has(value, 'boolValue')) return value.boolValue === true || value.boolValue === 'true';
    if (has(value, 'intValue')) return intOf(value);
    if (has(value, 'doubleValue')) return doubleOf(value.doubleValue);
    if (has(value, 'bytesValue')) return this.#text(value, 'bytesValue');
    if (isJsonObject(value.arrayValue)) {
      if (depth >= MAX_DEPTH) return TOO_DEEP;
      return listOf(value.arrayValue, 'values').map((each) => {
        this.#limits.addValue();
        return this.#anyValue(each, depth + 1);
      });
    }
    if (isJsonObject(value.kvlistValue)) {
      if (depth >= MAX_DEPTH) return TOO_DEEP;
      return this.#pairs(objectsIn(value.kvlistValue, 'values'), depth + 1);
    }
    return null;
  }

  #text(message: JsonObject, name: string): string {
    const text = stringIn(message, name);
    this.#limits.addText(text);
    return text;
  }
}

function scopeOf(scope: unknown): SpanScope {
  if (!isJsonObject(scope)) return { name: '' };
  const version = stringIn(scope, 'version') || undefined;
  return { name: stringIn(scope, 'name'), ...(version !== undefined && { version }) };
}

/** Proto3's JSON has null for an absent member. */
function has(message: JsonObject, name: string): boolean {
  return message[name] !== undefined && message[name] !== null;
}

function listOf(message: JsonObject, name: string): readonly unknown[] {
  if (!has(message, name)) return [];
  const list = message[name];
  if (!Array.isArray(list)) throw new Malformed(`${name} is not an array`);
  return list;
}

function objectsIn(message: JsonObject, name: string): readonly JsonObject[] {
  const list = listOf(message, name);
  if (!list.every(isJsonObject)) throw new Malformed(`${name} has an item that is not an object`);
  return list;
}

function stringIn(message: JsonObject, name: string): string {
  if (!has(message, name)) return '';
  const text = message[name];
  if (typeof text !== 'string') throw new Malformed(`${name} is not a string`);
  return text.isWellFormed() ? text : text.toWellFormed();
}

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUS_CODES = ['UNSET', 'OK', 'ERROR'];

/** The number of an enum, whose name is accepted as well. */
function enumOf(
  message: JsonObject,
  name: string,
  prefix: string,
  names: readonly string[],
): number {
  const value = message[name];
  if (typeof value === 'string' && value.startsWith(prefix)) {
    return Math.max(names.indexOf(value.slice(prefix.length)), 0);
  }
  return Number(int64Of(message, name));
}

/** An `intValue`. JavaScript's SDK sends every number without a fraction as one, however large it is. */
function intOf(value: JsonObject): number | string {
  const { intValue } = value;
  if (typeof intValue === 'number' && !Number.isSafeInteger(intValue)) return doubleValue(intValue);
  return integerValue(int64Of(value, 'intValue'));
}

function uint64Of(message: JsonObject, name: string): bigint {
  const value = int64Of(message, name);
  if (value < 0n) throw new Malformed(`${name} is negative`);
  return value;
}

/** An integer of 64 bits: decimal digits, or a number. */
function int64Of(message: JsonObject, name: string): bigint {
  if (!has(message, name)) return 0n;
  const value = message[name];
  const isDigits = typeof value === 'string' && /^-?\d{1,20}$/.test(value);
  if (isDigits || Number.isInteger(value)) {
    const integer = BigInt(value as string | number);
    if (integer >= -(2n ** 63n) && integer < 2n ** 64n) return integer;
  }
  throw new Malformed(`${name} is not an integer`);
}

/** A double: a number, or the text that JSON has for one that is none. */
function doubleOf(value: unknown): number | string {
  if (typeof value === 'number') return doubleValue(value);
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) {
    return doubleValue(Number(value));
  }
  if (value === 'NaN') return value;
  throw new Malformed('doubleValue is not a number');
}
