/** Reads Amazon's binary event streams: frames of headers and a JSON payload. */

import { isJsonObject, tryParseJson } from '../../common/json.js';
import type { ResponseReader } from '../../shapes/reading/shape.js';
import type { BodyReader } from './body-reader.js';
import { joinedBytes } from './utf8-pieces.js';

/** The media type of these streams. */
export const EVENT_FRAMES = 'application/vnd.amazon.eventstream';

/** The lengths of the frame and of its headers, and their checksum. */
const PRELUDE_BYTES = 12;
/** The checksum of the frame. */
const TRAILER_BYTES = 4;
/** A stream with a longer frame is taken as broken, and not read on. */
const MAX_FRAME_BYTES = 25_165_824;
const TEXT_HEADER = 7;

/**
 * Passes `{ type, ...payload }` of each frame to the reader; for an exception `{ type: 'exception', exception, ...payload }`.
 */
export class EventFrames implements BodyReader {
  isOver = false;
  readonly #reader: ResponseReader;
  readonly #decoder = new TextDecoder();
  #rest = new Uint8Array();
  #isBroken = false;

  constructor(reader: ResponseReader) {
    this.#reader = reader;
  }

  chunk(bytes: Uint8Array): boolean {
    if (this.#isBroken) return false;
    let rest = joinedBytes(this.#rest, bytes);
    let isContent = false;
    while (rest.length >= PRELUDE_BYTES) {
      const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
      const length = view.getUint32(0);
      const headersEnd = PRELUDE_BYTES + view.getUint32(4);
      if (length > MAX_FRAME_BYTES || headersEnd + TRAILER_BYTES > length) {
        this.#isBroken = true;
        rest = new Uint8Array();
        break;
      }
      if (rest.length < length) break;
      const headers = this.#readHeaders(rest.subarray(PRELUDE_BYTES, headersEnd));
      const payload = rest.subarray(headersEnd, length - TRAILER_BYTES);
      if (this.#readFrame(headers, this.#decoder.decode(payload))) isContent = true;
      rest = rest.subarray(length);
    }
    // The client owns the received bytes: copy those that are kept.
    this.#rest = rest.length > 0 ? rest.slice() : new Uint8Array();
    return isContent;
  }

  end(): void {}

  #readFrame(headers: ReadonlyMap<string, string>, payload: string): boolean {
    const value = tryParseJson(payload);
    const fields = isJsonObject(value) ? value : {};
    const exception = headers.get(':exception-type') ?? headers.get(':error-code');
    if (exception !== undefined) {
      this.isOver = true;
      const message = fields.message ?? headers.get(':error-message');
      return this.#reader.readEvent({ ...fields, type: 'exception', exception, message });
    }
    return this.#reader.readEvent({ ...fields, type: headers.get(':event-type') });
  }

  /** The headers of a frame whose values are strings. They come before all others. */
  #readHeaders(bytes: Uint8Array): Map<string, string> {
    const headers = new Map<string, string>();
    let at = 0;
    while (at < bytes.length) {
      const nameEnd = at + 1 + (bytes[at] ?? 0);
      if (bytes[nameEnd] !== TEXT_HEADER) break;
      const start = nameEnd + 3;
      const end = start + (((bytes[nameEnd + 1] ?? 0) << 8) | (bytes[nameEnd + 2] ?? 0));
      const name = this.#decoder.decode(bytes.subarray(at + 1, nameEnd));
      headers.set(name, this.#decoder.decode(bytes.subarray(start, end)));
      at = end;
    }
    return headers;
  }
}
