/** Reads the body of a response to an ExportTraceServiceRequest. */

import { isJsonObject, objectOrEmpty, tryParseJson } from '@openlayer-tracing/core/integration';

export interface PartialSuccess {
  /** Number of spans that were not accepted. */
  readonly rejectedSpans: number;
  /** Empty if there is none. */
  readonly message: string;
}

const NONE: PartialSuccess = { rejectedSpans: 0, message: '' };

/** What a response of status 200 reports. One that cannot be read reports nothing, since many backends respond in their own way. */
export function partialSuccessOf(body: Uint8Array, isJson: boolean): PartialSuccess {
  if (body.byteLength === 0) return NONE;
  if (isJson) {
    const response = objectOrEmpty(tryParseJson(new TextDecoder().decode(body)));
    const { rejectedSpans, errorMessage } = objectOrEmpty(response.partialSuccess);
    const count = Number(rejectedSpans ?? 0);
    return {
      rejectedSpans: count > 0 ? count : 0,
      message: typeof errorMessage === 'string' ? errorMessage : '',
    };
  }
  const partial = fieldsOf(body).get(1);
  if (!(partial instanceof Uint8Array)) return NONE;
  const fields = fieldsOf(partial);
  const rejected = fields.get(1);
  return {
    rejectedSpans: typeof rejected === 'number' ? rejected : 0,
    message: textOf(fields.get(2)),
  };
}

/** The message of a response that reports a failure, as `google.rpc.Status` or as JSON; empty if it has none. */
export function failureMessage(body: Uint8Array, contentType: string): string {
  if (/protobuf/i.test(contentType)) return textOf(fieldsOf(body).get(2));
  const text = new TextDecoder().decode(body);
  const json = tryParseJson(text);
  if (isJsonObject(json)) {
    const { message, error } = json;
    return typeof message === 'string' ? message : typeof error === 'string' ? error : text;
  }
  return /html/i.test(contentType) || text.trimStart().startsWith('<') ? '' : text;
}

function textOf(value: number | Uint8Array | undefined): string {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : '';
}

/** The last value of each field of a message: numbers and bytes. Empty if it cannot be read. */
function fieldsOf(message: Uint8Array): ReadonlyMap<number, number | Uint8Array> {
  const fields = new Map<number, number | Uint8Array>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < message.byteLength; scale *= 128) {
      const byte = message[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  while (at < message.byteLength) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    const type = tag % 8;
    if (type === 0) fields.set(field, varint());
    else if (type === 1) at += 8;
    else if (type === 5) at += 4;
    else if (type === 2) {
      const size = varint();
      if (!(at + size <= message.byteLength)) return new Map();
      fields.set(field, message.subarray(at, at + size));
      at += size;
    } else return new Map();
  }
  return fields;
}
