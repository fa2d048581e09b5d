/** Responses in the format of the request. */

import type { Reply } from '../http/reply.js';
import { formatOf } from './otlp-body.js';

/** The response to a request that was accepted: an ExportTraceServiceResponse, empty if no span was rejected. */
export function acceptedReply(contentType: string, rejected: number, reason: string): Reply {
  if (formatOf(contentType) === 'json') {
    const partialSuccess = { rejectedSpans: String(rejected), errorMessage: reason };
    return { status: 200, json: JSON.stringify(rejected === 0 ? {} : { partialSuccess }) };
  }
  const partialSuccess = Buffer.concat([integerField(1, rejected), bytesField(2, reason)]);
  return protobufReply(200, rejected === 0 ? Buffer.alloc(0) : bytesField(1, partialSuccess));
}

/** The response to a request that was refused: a google.rpc.Status. JSON if the format of the request is not known. */
export function refusedReply(contentType: string, status: number, message: string): Reply {
  const code = CODES.get(status) ?? UNKNOWN;
  if (formatOf(contentType) !== 'protobuf') {
    return { status, json: JSON.stringify({ code, message }) };
  }
  return protobufReply(status, Buffer.concat([integerField(1, code), bytesField(2, message)]));
}

/** The codes of google.rpc.Code by HTTP status. */
const CODES = new Map<number, number>([
  [400, 3], // INVALID_ARGUMENT
  [401, 16], // UNAUTHENTICATED
  [403, 7], // PERMISSION_DENIED
  [404, 5], // NOT_FOUND
  [413, 8], // RESOURCE_EXHAUSTED
  [415, 3],
  [500, 13], // INTERNAL
  [503, 14], // UNAVAILABLE
]);
const UNKNOWN = 2;

function protobufReply(status: number, body: Buffer): Reply {
  return { status, body, headers: { 'content-type': 'application/x-protobuf' } };
}

function integerField(field: number, value: number): Buffer {
  return Buffer.from([field << 3, ...varint(value)]);
}

function bytesField(field: number, value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}
