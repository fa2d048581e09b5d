/** Places in stacks of errors, and links that open them in an editor. */

import type { ServerInfo } from '../../../local/src/page-api.js';

export interface SourcePlace {
  /** Absolute or not, as the stack has it. */
  readonly path: string;
  readonly line: number;
  readonly column: number | undefined;
}

/** Folders may have parentheses, as those of Next's routes. */
const JS_FRAME = /(?:\((?!eval at )|^at (?:async )?)((?:[^()]|\([^()]*\))+):(\d+):(\d+)\)?$/;
const PYTHON_FRAME = /^File "([^"]+)", line (\d+)/;

/** The place in a frame of a stack of JavaScript or Python. */
export function placeIn(frame: string): SourcePlace | undefined {
  const [, path = '', line = '', column] = JS_FRAME.exec(frame) ?? PYTHON_FRAME.exec(frame) ?? [];
  if (path === '') return undefined;
  return {
    path: path.startsWith('file://') ? pathOf(path) : path,
    line: Number(line),
    column: column === undefined ? undefined : Number(column),
  };
}

/** The place as editors take it to open a file. */
export function placeText({ path, line, column }: SourcePlace): string {
  return [path, line, column].filter((part) => part !== undefined).join(':');
}

/** The link for a file below the folder of the server; a trace may name any other file, which gets none. */
export function editorLink(place: SourcePlace, editor: ServerInfo['editor']): string | undefined {
  if (editor === null) return undefined;
  const folder = withSlashes(editor.folder);
  const path = withSlashes(place.path);
  const parts = path.split('/').slice(1);
  const isPlain = parts.every((part) => !/^\.{0,2}$|[\p{Cc}]/u.test(part));
  if (!isPlain || !path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)) return undefined;
  const encoded = parts.map((part) => encodeURIComponent(part.toWellFormed())).join('/');
  const { line, column = 1 } = place;
  switch (editor.name) {
    case 'idea':
    case 'webstorm':
    case 'pycharm':
      return `${editor.name}://open?file=/${encoded}&line=${line}&column=${column}`;
    default:
      return `${editor.name}://file/${encoded}:${line}:${column}`;
  }
}

/** A path with a slash before each part: Windows has a drive first, in upper or lower case. */
function withSlashes(path: string): string {
  const slashes = path.replaceAll('\\', '/');
  return slashes.replace(/^[A-Za-z]:\//, (drive) => `/${drive.toUpperCase()}`);
}

/** The path of a file: URL. */
function pathOf(url: string): string {
  // `URLSearchParams` decodes without an error, whatever a stack has.
  const escaped = url.slice('file://'.length).replaceAll('+', '%2B').replaceAll('&', '%26');
  const path = new URLSearchParams(`path=${escaped}`).get('path') ?? '';
  return path.replace(/^\/(?=[A-Za-z]:\/)/, '');
}
