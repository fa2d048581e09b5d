/** The HTTP request of a trace, to send it again. */

import type { StepContent, TraceDetail } from '../../../local/src/page-api.js';
import { isExact, isRecord, type Json, jsonText } from '../json.js';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** Undefined if there is none, or it cannot be sent. */
  readonly body: HttpBody | undefined;
  /** What differs from the request that came. */
  readonly remarks: readonly string[];
}

export interface HttpBody {
  readonly contentType: string;
  readonly text: string;
  /** Whether the text was made of a value; a text that was recorded as such may be cut. */
  readonly isJson: boolean;
}

/** What the tracer records of a body whose parts it does not read. */
const UNREAD_PARTS = /^\[multipart(?: body|\/form-data: \d+ bytes)\]$/;

export function requestOf(detail: TraceDetail, root: StepContent): HttpRequest {
  const { trace } = detail;
  const http = metadataOf('http', detail, root);
  const inputs = record(root.inputs);
  const path = typeof http.path === 'string' ? http.path : (trace.route ?? '/');
  const query = formText(record(inputs.query));
  const asked = query !== '' && !path.includes('?') ? `${path}?${query}` : path;
  const method = (trace.method ?? 'POST').toUpperCase();
  const body = bodyOf(method, inputs.body, metadataOf('headers', detail, root));
  return {
    method: /^[A-Z]+$/.test(method) ? method : 'POST',
    path: asked.startsWith('/') ? asked : `/${asked}`,
    body: typeof body === 'string' ? undefined : body,
    remarks: [
      ...(typeof body === 'string' ? [body] : []),
      ...(typeof body === 'object' && body.isJson && hasDigits(body.text)
        ? [
            'Integers above 2^53 are recorded as text: remove their quotes if the app takes numbers.',
          ]
        : []),
      ...remarksOn(detail),
    ],
  };
}

/** The body, or why it cannot be sent. */
function bodyOf(method: string, body: unknown, headers: Json): HttpBody | string | undefined {
  if (body === null || body === undefined) return undefined;
  const contentType = typeof headers['content-type'] === 'string' ? headers['content-type'] : '';
  const type = /^[^;\s]*/.exec(contentType.toLowerCase())?.[0] ?? '';
  if ((typeof body === 'string' && UNREAD_PARTS.test(body)) || type.startsWith('multipart/')) {
    return 'The body was a form with parts, which cannot be sent again: put them in with -F or FormData.';
  }
  if (method === 'GET' || method === 'HEAD') {
    const isEmpty = isRecord(body) && Object.keys(body).length === 0;
    return isEmpty ? undefined : `The body is left out: not every client sends one with ${method}.`;
  }
  if (typeof body === 'string') {
    return { contentType: contentType || 'text/plain', text: body, isJson: false };
  }
  if (type === 'application/x-www-form-urlencoded' && isRecord(body)) {
    return { contentType, text: formText(body), isJson: false };
  }
  return { contentType: 'application/json', text: jsonText(body, 0), isJson: true };
}

/** Whether a JSON text has a string of digits that may have been a number, of which the server keeps all digits as text. */
function hasDigits(json: string): boolean {
  for (const [, digits = ''] of json.matchAll(/[:,[]"(-?[1-9]\d{15,})"(?=[\]},])/g)) {
    if (!isExact(digits)) return true;
  }
  return false;
}

/** What the tracer did not keep of it. */
function remarksOn({ trace }: TraceDetail): readonly string[] {
  return [
    ...(trace.marks.includes('masked')
      ? ['Values were masked before they were recorded: put your own in.']
      : []),
    ...(trace.marks.includes('truncated')
      ? ['A text was cut when it was recorded: the body may not be whole.']
      : []),
  ];
}

/**
 * The members as a query or the body of a form. Nested values get names such as `a[b]`, which parsers of nested queries read.
 * Only those make lists of one text, whose name therefore ends in `[]`.
 */
function formText(members: Json): string {
  const form = new URLSearchParams();
  const pending = Object.entries(members).reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [name, value] = next;
    if (typeof value !== 'object' || value === null) form.append(name, String(value ?? ''));
    else {
      const isOfTexts =
        Array.isArray(value) && value.every((each) => typeof each !== 'object' || each === null);
      const nameOf = (key: string) =>
        !isOfTexts ? `${name}[${key}]` : value.length === 1 ? `${name}[]` : name;
      const inner = Object.entries(value).map(([key, each]) => [nameOf(key), each] as const);
      for (const entry of inner.reverse()) pending.push([...entry]);
    }
  }
  return form.toString();
}

/** A member of the trace's metadata, wherever its tracer has written it. */
function metadataOf(name: string, { metadata }: TraceDetail, root: StepContent): Json {
  const all = [record(metadata.metadata), metadata, record(root.metadata)];
  const found = all.map((each) => record(each[name]));
  return found.find((each) => Object.keys(each).length > 0) ?? {};
}

function record(value: unknown): Json {
  return isRecord(value) ? value : {};
}
