/** Which content is recorded, and how. */

import { reportFailure, watchRejection } from '@openlayer-tracing/core/integration';
import type { Json } from './json.js';
import { nameMedia } from './media.js';
import type { CallOptions, ContentPart } from './options.js';

const HIDDEN = '[not recorded: redact failed]';

/** What is recorded of content; undefined where none is to be. */
export function recordedContent(
  options: CallOptions,
  part: ContentPart,
  content: unknown,
): unknown {
  if (options.content === false || content === undefined) return undefined;
  const named = nameMedia(content);
  if (options.redact === undefined) return named;
  try {
    const redacted = options.redact(named, part);
    if (!watchRejection(redacted, (error) => reportFailure('redact', error))) return redacted;
    reportFailure(
      'redact',
      new TypeError('redact returned a promise; its value is needed at once'),
    );
    return HIDDEN;
  } catch {
    return HIDDEN;
  }
}

/** Parameters as they were sent; without content, numbers, switches and short names alone. */
export function recordedParameters(options: CallOptions, parameters: Json): Json {
  if (options.content !== false && options.redact === undefined) {
    return nameMedia(parameters) as Json;
  }
  return Object.fromEntries(
    Object.entries(parameters).filter(
      ([, value]) =>
        typeof value === 'number' ||
        typeof value === 'boolean' ||
        (typeof value === 'string' && /^[\w.-]{1,32}$/.test(value)),
    ),
  );
}
