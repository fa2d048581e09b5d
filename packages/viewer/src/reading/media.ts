/** Reads pictures, sounds, films and files in messages: type, size and source. */

import { isRecord, type Json } from '../json.js';

export interface Media {
  /** The media type, such as `image/png`, or only its kind, such as `image`. */
  readonly type: string;
  readonly name: string | undefined;
  readonly bytes: number | undefined;
  /** An address on another server. It is shown, but never loaded. */
  readonly url: string | undefined;
  /** The content as base64, if the row has it. */
  readonly data: string | undefined;
}

const NAMED = /^\[([\w.+/-]+), (\d+) bytes\]$/;
const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,/;
const KINDS = ['image', 'audio', 'video', 'document', 'file'] as const;

/** A medium from a text: a name that the tracer gave it, an address, a data: URL, or base64. */
export function namedMedia(value: unknown, type = 'file', name?: string): Media {
  const none = { type, name, bytes: undefined, url: undefined, data: undefined };
  if (typeof value !== 'string' || value === '') return none;
  const named = NAMED.exec(value);
  if (named !== null) {
    const known = named[1]?.includes('/') === true ? named[1] : type;
    return { ...none, type: known, bytes: Number(named[2]) };
  }
  const head = value.startsWith('data:') ? DATA_URL.exec(value.slice(0, 256)) : null;
  if (head !== null) {
    const data = value.slice(head[0].length);
    return { ...none, type: head[1] ?? type, bytes: bytesOf(data), data };
  }
  if (/^[a-z][\w+.-]*:\/\//i.test(value)) return { ...none, url: value };
  if (value.length >= 64 && /^[A-Za-z0-9+/_-]+={0,2}$/.test(value.slice(0, 1024).trimEnd())) {
    return { ...none, bytes: bytesOf(value), data: value };
  }
  return { ...none, url: value };
}

/** The medium in a part of a message; undefined if it has none. */
export function mediaOf(part: Json): Media | undefined {
  const { type } = part;
  if (isRecord(part.attachment)) return attachment(part.attachment, String(type ?? 'file'));
  if (type === 'image_url' || type === 'input_image') {
    const { image_url: content } = part;
    return namedMedia(isRecord(content) ? content.url : (content ?? part.file_id), 'image');
  }
  if (type === 'input_audio' && isRecord(part.input_audio)) {
    const { data, format } = part.input_audio;
    return namedMedia(data, typeof format === 'string' ? `audio/${format}` : 'audio');
  }
  if (type === 'input_file' || (type === 'file' && isRecord(part.file))) {
    const file = isRecord(part.file) ? part.file : part;
    return namedMedia(file.file_data ?? file.file_url ?? file.file_id, 'file', text(file.filename));
  }
  const inline = part.inlineData ?? part.inline_data;
  if (isRecord(inline))
    return namedMedia(inline.data, typeIn(inline) ?? 'file', text(inline.displayName));
  const file = part.fileData ?? part.file_data;
  if (isRecord(file))
    return namedMedia(
      file.fileUri ?? file.file_uri,
      typeIn(file) ?? 'file',
      text(file.displayName),
    );
  if (isRecord(part.source) && typeof type === 'string') {
    const { data, url, file_id } = part.source;
    if (part.source.type === 'text' || part.source.type === 'content') return undefined;
    return namedMedia(
      data ?? url ?? file_id,
      typeIn(part.source) ?? type,
      text(part.title) ?? text(part.filename),
    );
  }
  if (typeof type === 'string' && (KINDS as readonly string[]).includes(type)) {
    const content = part.image ?? part.data ?? part.url ?? part.audio ?? part.file;
    if (content !== undefined) {
      return namedMedia(
        isRecord(content) ? (content.url ?? content.data) : content,
        typeIn(part) ?? type,
        text(part.filename),
      );
    }
  }
  for (const kind of KINDS) {
    const content = part[kind];
    if (!isRecord(content) || !isRecord(content.source)) continue;
    const format = text(content.format);
    const where = isRecord(content.source.s3Location)
      ? content.source.s3Location.uri
      : content.source.bytes;
    return namedMedia(where, format === undefined ? kind : `${kind}/${format}`, text(content.name));
  }
  return undefined;
}

/** The id of a file that was uploaded to this server, from its address in a step. */
export function storedId(url: string): string | undefined {
  return /^openlayer-local:\/\/attachments\/([0-9a-f]{32})(\/|$)/.exec(url)?.[1];
}

/** The files that a step names beside its contents. */
export function attachmentsIn(value: unknown): readonly Media[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((each) => attachment(each, text(each.type) ?? 'file'));
}

function attachment(content: Json, kind: string): Media {
  const media = namedMedia(
    content.dataBase64 ?? content.url ?? content.storageUri ?? content.filePath,
    typeIn(content) ?? kind,
    text(content.name),
  );
  return {
    ...media,
    bytes: typeof content.sizeBytes === 'number' ? content.sizeBytes : media.bytes,
  };
}

function typeIn(value: Json): string | undefined {
  return [value.mimeType, value.mime_type, value.media_type, value.mediaType]
    .map(text)
    .find((each) => each !== undefined);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function bytesOf(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return Math.max(0, Math.floor((base64.length * 3) / 4) - padding);
}
