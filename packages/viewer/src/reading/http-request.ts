/** The HTTP request of a trace, to send it again. */

import type { StepContent, TraceDetail } from '../../../local/src/page-api.js';
import { isRecord, type Json } from '../json.js';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export function requestOf({ trace, metadata }: TraceDetail, root: StepContent): HttpRequest {
  const http = [
    record(record(metadata.metadata).http),
    record(metadata.http),
    record(record(root.metadata).http),
  ].find((each) => Object.keys(each).length > 0);
  const inputs = record(root.inputs);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(record(inputs.query))) {
    for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each));
  }
  const path = typeof http?.path === 'string' ? http.path : (trace.route ?? '/');
  const asked = query.size > 0 && !path.includes('?') ? `${path}?${query}` : path;
  const method = (trace.method ?? 'POST').toUpperCase();
  return {
    method: /^[A-Z]+$/.test(method) ? method : 'POST',
    path: asked.startsWith('/') ? asked : `/${asked}`,
    body: inputs.body ?? undefined,
  };
}

/** What the tracer did not keep of it. */
export function remarksOn({ trace }: TraceDetail): readonly string[] {
  return [
    ...(trace.marks.includes('masked')
      ? ['Values were masked before they were recorded: put your own in.']
      : []),
    ...(trace.marks.includes('truncated')
      ? ['A text was cut when it was recorded: the body may not be whole.']
      : []),
  ];
}

function record(value: unknown): Json {
  return isRecord(value) ? value : {};
}
