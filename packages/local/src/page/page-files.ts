import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { acceptsEncoding } from '../http/accept-encoding.js';
import type { Reply } from '../http/reply.js';
import { packageFolder } from '../package-folders.cjs';

const PAGE_FOLDER = join(packageFolder, 'dist/ui');

/** The files of the page. They need no token, because they contain no data. */
export interface PageFiles {
  /** The response for a file of the page, or for the page itself; undefined if there is none at that path. */
  reply(request: IncomingMessage, path: string): Reply | undefined;
}

/** One file in memory, as it is and as the build has compressed it. */
interface PageFile {
  readonly plain: Buffer;
  readonly br: Buffer | undefined;
  readonly gzip: Buffer | undefined;
  readonly headers: OutgoingHttpHeaders;
}

type FilesByPath = ReadonlyMap<string, PageFile>;

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "font-src 'self'",
  "img-src 'self' blob:",
  'media-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const PAGE_HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const CONTENT_TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.ico', 'image/x-icon'],
  ['.woff2', 'font/woff2'],
  ['.txt', 'text/plain; charset=utf-8'],
]);

const NOT_BUILT = `The page of this server is not built.

In a clone of the repository, "npm run build" builds it; then load this address again.
The server works without the page: it takes traces, and "openlayer-local list" and "openlayer-local show ID" print them.
`;

/** Serves the page from the package's folder, which is read once, at the first request. */
export function createPageFiles(): PageFiles {
  let loaded: FilesByPath | undefined;
  const files = (): FilesByPath => {
    if (loaded) return loaded;
    if (!existsSync(join(PAGE_FOLDER, 'index.html'))) return new Map(); // may be built while the server runs
    loaded = readFiles(PAGE_FOLDER);
    return loaded;
  };
  return {
    reply(request, path) {
      const found = files().get(path);
      if (found) return fileReply(found, request);
      // Views of the page have paths of their own, which it handles itself.
      const isView = path === '/' || /\btext\/html\b/.test(request.headers.accept ?? '');
      if (!isView) return undefined;
      const index = files().get('/index.html');
      return index ? fileReply(index, request) : NOT_BUILT_REPLY;
    },
  };
}

const NOT_BUILT_REPLY: Reply = {
  status: 503,
  body: NOT_BUILT,
  headers: { ...PAGE_HEADERS, 'content-type': 'text/plain; charset=utf-8' },
};

function readFiles(folder: string): FilesByPath {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const read = (name: string) =>
    names.includes(name) ? readFileSync(join(folder, name)) : undefined;
  return new Map(
    names
      .filter((name) => !/\.(br|gz|map)$/.test(name))
      .map((name) => {
        const path = `/${name.split(sep).join('/')}`;
        const file = {
          plain: readFileSync(join(folder, name)),
          br: read(`${name}.br`),
          gzip: read(`${name}.gz`),
          headers: headersOf(path),
        };
        return [path, file];
      }),
  );
}

/** The names below `assets` contain a hash of the content, so that browsers may keep those files for ever. */
function headersOf(path: string): OutgoingHttpHeaders {
  return {
    ...PAGE_HEADERS,
    'content-type': CONTENT_TYPES.get(extname(path)) ?? 'application/octet-stream',
    'cache-control': path.startsWith('/assets/')
      ? 'public, max-age=31536000, immutable'
      : 'no-cache',
    vary: 'accept-encoding',
  };
}

function fileReply({ plain, br, gzip, headers }: PageFile, request: IncomingMessage): Reply {
  for (const [encoding, body] of [
    ['br', br],
    ['gzip', gzip],
  ] as const) {
    if (body && acceptsEncoding(request, encoding)) {
      return { status: 200, body, headers: { ...headers, 'content-encoding': encoding } };
    }
  }
  return { status: 200, body: plain, headers };
}
