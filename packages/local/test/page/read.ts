// Reads of the page's API.
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import type { StepColumns, StepSummary } from '../../src/page-api.ts';
import { pageTokenOf } from '../client.js';

export interface Read<T> {
  readonly status: number;
  readonly body: T;
  readonly text: string;
}

/** `GET /api/...` with the page's token. */
export async function read<T>(server: LocalServer, path: string): Promise<Read<T>> {
  const response = await fetch(new URL(`/api/${path}`, server.url), {
    headers: { authorization: `Bearer ${pageTokenOf(server)}` },
  });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text), text };
}

/** As `read`, for a response that has to be there. */
export async function got<T>(server: LocalServer, path: string): Promise<T> {
  const { status, body, text } = await read<T>(server, path);
  if (status !== 200) throw new Error(`${path}: ${status} ${text.slice(0, 500)}`);
  return body;
}

const NOTHING_KNOWN = {
  firstToken: null,
  chunks: [],
  chunkCount: null,
  promptTokens: null,
  completionTokens: null,
  tokens: null,
  cost: null,
  isUnfinished: false,
  problem: null,
} as const;

/** All steps of a trace, read as columns of `count` steps. */
export async function allSteps(
  server: LocalServer,
  number: number,
  count: number,
): Promise<StepSummary[]> {
  const steps: StepSummary[] = [];
  for (;;) {
    const path = `traces/${number}/steps?from=${steps.length}&count=${count}`;
    const columns = await got<StepColumns>(server, path);
    if (columns.parent.length === 0) return steps;
    const { from, texts } = columns;
    const others = new Map(columns.others);
    for (const [place, parent] of columns.parent.entries()) {
      const { model, provider, error, ...facts } = others.get(place) ?? {};
      steps.push({
        ...NOTHING_KNOWN,
        index: from + place,
        parent,
        depth: parent < 0 ? 0 : (steps[parent]?.depth ?? 0) + 1,
        name: texts[columns.name[place] ?? -1] ?? '',
        type: texts[columns.type[place] ?? -1] ?? '',
        start: columns.start[place] ?? null,
        duration: columns.duration[place] ?? null,
        ...facts,
        model: texts[model ?? -1] ?? null,
        provider: texts[provider ?? -1] ?? null,
        error: texts[error ?? -1] ?? null,
      });
    }
  }
}

/** A server that takes what the official SDKs send. */
export function lenientServer(file?: string): Promise<LocalServer> {
  return startLocalServer({ checks: 'lenient', ...(file !== undefined && { file }) });
}
