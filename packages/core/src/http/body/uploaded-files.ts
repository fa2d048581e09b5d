/** Names the files of an upload, `[report.pdf, application/pdf, 50000 bytes]`, as the parsers of forms describe them. */

import { isProxy } from '#platform';
import { dataProperty } from '../../values/reading/read-safely.js';
import { fileMark } from '../../values/snapshot/value-marks.js';

const MAX_FILES = 100;
/** What parsers call the name that the client gave, in the order in which they are looked for. */
const NAMES = ['originalname', 'originalFilename', 'filename', 'name'];
const TYPES = ['mimetype', 'type'];

/**
 * The fields of a form, with a mark for each of its files.
 * @param fields as the app parsed them
 * @param files a file, an array of files, or an object of them by field; or an array of these
 * @returns the fields themselves if there are no files
 */
export function withFiles(fields: unknown, files: unknown): unknown {
  const marks: [field: string, mark: string][] = [];
  addFiles(marks, files, 'file', new Set());
  if (marks.length === 0) return fields;
  const all: Record<string, unknown> = Object.create(null);
  if (isObject(fields)) for (const key of Object.keys(fields)) all[key] = dataProperty(fields, key);
  for (const [field, mark] of marks) {
    const before = all[field];
    if (before === undefined) all[field] = mark;
    else if (Array.isArray(before)) all[field] = [...before, mark];
    else all[field] = [before, mark];
  }
  return all;
}

/** @param field the name of files that have none of their own */
function addFiles(
  marks: [field: string, mark: string][],
  value: unknown,
  field: string,
  seen: Set<object>,
): void {
  if (!isObject(value) || seen.has(value) || marks.length >= MAX_FILES || seen.size > 2 * MAX_FILES)
    return;
  seen.add(value);
  const size = dataProperty(value, 'size');
  if (typeof size === 'number') {
    const own = dataProperty(value, 'fieldname');
    const mark = fileMark(textOf(value, NAMES), textOf(value, TYPES), size);
    marks.push([typeof own === 'string' ? own : field, mark]);
    return;
  }
  if (ArrayBuffer.isView(value)) return;
  for (const key of Object.keys(value).slice(0, MAX_FILES)) {
    addFiles(marks, dataProperty(value, key), Array.isArray(value) ? field : key, seen);
  }
}

function textOf(file: object, keys: readonly string[]): string {
  for (const key of keys) {
    const text = dataProperty(file, key);
    if (typeof text === 'string') return text;
  }
  return '';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !isProxy(value);
}
