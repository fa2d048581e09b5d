/** The spans of real SDKs that `record/record.ts` has recorded. */

import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SpanData } from '@openlayer-tracing/otel/dialects';
import type { Recording } from './record/normalized.ts';

const FOLDER = fileURLToPath(new URL('./spans/', import.meta.url));

/** The names of all recordings. */
export const RECORDINGS: readonly string[] = readdirSync(FOLDER).map((file) =>
  basename(file, '.json'),
);

/** The recording of a scenario. */
export function recordingOf(name: string): Recording {
  return JSON.parse(readFileSync(`${FOLDER}${name}.json`, 'utf8')) as Recording;
}

/** A span with these facts, which says nothing else. */
export function spanWith(facts: Partial<SpanData>): SpanData {
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    name: 'work',
    kind: 'internal',
    startMs: 1_790_000_000_000,
    endMs: 1_790_000_000_250,
    attributes: {},
    events: [],
    links: [],
    status: { code: 'unset' },
    resource: {},
    scope: { name: '' },
    ...facts,
  };
}

/** A span with these attributes alone. */
export function spanOf(attributes: Readonly<Record<string, unknown>>): SpanData {
  return spanWith({ attributes });
}
