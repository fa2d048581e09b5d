/** Reads the fields of a form, of a `FormData` or of the body that is sent for one. */

import type { JsonObject } from '../../common/json.js';

/** The values of each field. A field with several values, or whose name ends with `[]`, is an array. */
class FormFields {
  readonly #values = new Map<string, unknown[]>();
  readonly #arrays = new Set<string>();

  add(name: string, value: unknown): void {
    const key = name.replace(/\[\]$/, '');
    if (key !== name) this.#arrays.add(key);
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [value]);
    else values.push(value);
  }

  get fields(): JsonObject {
    return Object.fromEntries(
      [...this.#values].map(([key, values]) => {
        const isArray = values.length > 1 || this.#arrays.has(key);
        return [key, isArray ? values : values[0]];
      }),
    );
  }
}

export function formDataFields(form: FormData): JsonObject {
  const fields = new FormFields();
  for (const [name, value] of form) fields.add(name, value);
  return fields.fields;
}

/** Files stand between the fields, so that only this much of the beginning and of the end of a form is kept. */
const MAX_FORM_END_CHARS = 65_536;
/** Longer forms are not read to the end: the fields after their files are unknown. */
const MAX_FORM_BYTES = 33_554_432;

/** The fields of a form, read from a copy of the body, with placeholders in place of files; undefined for other bodies. */
export async function multipartFields(request: Request): Promise<JsonObject | undefined> {
  const boundary = /boundary="?([^";]+)/.exec(request.headers.get('content-type') ?? '')?.[1];
  const { body } = request.clone();
  if (boundary === undefined || body === null) return undefined;
  const decoder = new TextDecoder();
  let start = '';
  let end = '';
  let bytes = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const text = decoder.decode(value, { stream: true });
    bytes += value.byteLength;
    if (start.length < MAX_FORM_END_CHARS) start += text;
    else end = (end + text).slice(-MAX_FORM_END_CHARS);
    if (bytes > MAX_FORM_BYTES) {
      // Cancels the copy, not the request.
      void reader.cancel().catch(() => {});
      break;
    }
  }
  return parsedMultipart([start, end], boundary);
}

function parsedMultipart(texts: readonly string[], boundary: string): JsonObject {
  const fields = new FormFields();
  for (const part of texts.flatMap((text) => text.split(`--${boundary}`))) {
    const gap = part.indexOf('\r\n\r\n');
    const head = gap < 0 ? '' : part.slice(0, gap);
    const name = /\bname="([^"]*)"/.exec(head)?.[1];
    if (name === undefined) continue;
    const file = /filename="([^"]*)"/.exec(head)?.[1];
    const type = /content-type:\s*([^\r\n;]+)/i.exec(head)?.[1] ?? 'binary';
    const value = part.slice(gap + 4).replace(/\r\n$/, '');
    fields.add(name, file === undefined ? value : `[${file}, ${type}]`);
  }
  return fields.fields;
}
