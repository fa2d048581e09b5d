/** Parts of a message that are a text, or a picture, a sound, a film or a file. */

import type { Json } from '../../json.js';
import { mediaOf, namedMedia } from '../media.js';
import { hasItems, without } from './fields.js';
import type { Part } from './message.js';

export function textPart(text: string): Part {
  const media = /^\[[\w.+-]+\/[\w.+-]+, \d+ bytes\]$/.test(text) ? namedMedia(text) : undefined;
  return media === undefined ? { kind: 'text', text } : { kind: 'media', media };
}

export function readMediaPart(part: Json): Part | undefined {
  const media = mediaOf(part);
  return media && { kind: 'media', media };
}

const TEXT_FIELDS = new Set(
  'type text id index cache_control cachePoint state providerMetadata annotations logprobs citations'.split(
    ' ',
  ),
);

export function readText(part: Json, type: string): Part | undefined {
  if (type === 'refusal' && typeof part.refusal === 'string')
    return { kind: 'refusal', text: part.refusal };
  // OTel's parts have their text as content.
  const text =
    typeof part.text === 'string'
      ? part.text
      : type === 'text' && typeof part.content === 'string'
        ? part.content
        : undefined;
  if (text === undefined) return undefined;
  if (type !== '' && !/^(text|input_text|output_text|summary_text)$/.test(type)) return undefined;
  const others = Object.keys(without(part, TEXT_FIELDS)).filter((name) => name !== 'content');
  // An empty text with other members, such as citations, is no text: its JSON is shown.
  const hasMore = others.length > 0 || hasItems(part.annotations) || hasItems(part.citations);
  return hasMore && text === '' ? undefined : { kind: 'text', text };
}
