/** What all our texts show, compiled in one go as it stands there: strict, against the built packages. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT, repositoryFiles } from '../house/repository.ts';
import { readSources } from '../house/sources.ts';
import {
  filesOfMarkdown,
  type Snippet,
  snippetsOfDocblocks,
  snippetsOfMarkdown,
} from './snippets.ts';
import { STUBS } from './stubs.ts';

const run = promisify(execFile);

/** Within the tests' folder, so that the packages of the workspace are found; git does not see it. */
const FOLDER = join(ROOT, 'test/.docs');

/** Texts that users read, and those that contributors do. */
export const texts: readonly string[] = repositoryFiles().filter((file) =>
  /^(README|CONTRIBUTING|CHANGELOG|(packages|examples)\/[^/]+\/(README|CONTRIBUTING)|docs\/[^/]+)\.md$/.test(
    file,
  ),
);

/** Pages whose files are CommonJS. */
const COMMONJS = new Set(['docs/nestjs.md']);

const TSCONFIG = {
  extends: '../../tsconfig.json',
  compilerOptions: {
    lib: ['ES2023', 'ESNext.Disposable', 'ESNext.Decorators'],
    types: ['node'],
    composite: false,
    declaration: false,
    declarationMap: false,
    sourceMap: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    // What Nest asks for.
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    verbatimModuleSyntax: false,
  },
  references: [],
  include: ['**/*.ts'],
  exclude: ['**/node_modules'],
};

export interface BuiltPages {
  /** What the compiler says, with the lines of our texts. */
  readonly complaints: readonly string[];
  /** All snippets of Markdown, each with the module that it was compiled to. */
  readonly snippets: readonly (Snippet & { readonly module: string })[];
  /** How many examples of docblocks were compiled as well. */
  readonly examples: number;
}

let building: Promise<BuiltPages> | undefined;

/** Compiles what all texts show, once for all tests of a process. */
export function builtPages(): Promise<BuiltPages> {
  building ??= build();
  return building;
}

/** The folder of a page whose files are an app; they are compiled, each beside its source. */
export async function builtPage(page: string): Promise<string> {
  const { complaints } = await builtPages();
  assert.deepEqual(
    complaints.filter((complaint) => complaint.startsWith(page)),
    [],
  );
  return folderOf(page);
}

function folderOf(file: string): string {
  return join(FOLDER, file.replaceAll('/', '~'));
}

async function build(): Promise<BuiltPages> {
  await rm(FOLDER, { recursive: true, force: true });
  const files: Record<string, string> = {
    [join(FOLDER, 'tsconfig.json')]: JSON.stringify(TSCONFIG),
  };
  const add = (folder: string, path: string, text: string) => {
    files[join(folder, path)] = text;
  };
  for (const page of texts) {
    const folder = folderOf(page);
    const type = COMMONJS.has(page) ? 'commonjs' : 'module';
    add(folder, 'package.json', JSON.stringify({ type }));
    for (const [path, text] of Object.entries({ ...STUBS[page], ...filesOfMarkdown(page) })) {
      // Files of JavaScript are run with what they need, by `npm run test:packages`.
      if (!path.endsWith('.mjs')) add(folder, path, text);
    }
  }
  const snippets = texts.flatMap(snippetsOfMarkdown).map((snippet) => {
    const name = `line-${snippet.line + 1}`;
    add(folderOf(snippet.file), `${name}.ts`, moduleOf(snippet));
    return { ...snippet, module: join(folderOf(snippet.file), `${name}.js`) };
  });
  const examples = snippetsOfDocblocks(readSources());
  for (const example of examples) {
    add(folderOf(example.file), `line-${example.line + 1}.ts`, moduleOf(example));
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const complaints = await run(process.execPath, [tsc, '-p', FOLDER, '--pretty', 'false'], {
    cwd: ROOT,
    maxBuffer: 64 * 1024 * 1024,
  }).then(
    () => [],
    ({ stdout }: { stdout: string }) => stdout.trim().split('\n').map(inText),
  );
  return { complaints, snippets, examples: examples.length };
}

/** As many lines above as there are in the text, so that the compiler's lines are the text's. */
function moduleOf({ line, code, prelude }: Snippet): string {
  // Whoever runs it needs the app that it makes.
  const app = /^(?:export )?const app\b/m.test(code) ? '\nexport { app as snippetApp };' : '';
  return `${'\n'.repeat(Math.max(line - 1, 0))}export {}; ${prelude}\n${code}${app}`;
}

/** A complaint of the compiler, of the file and the line of our text. */
function inText(complaint: string): string {
  return complaint.replace(
    /^test\/\.docs\/([^/]*)\/(?:line-\d+\.ts|([^(]*))/,
    (_, page: string, path?: string) =>
      `${page.replaceAll('~', '/')}${path === undefined ? '' : ` ${path}`}`,
  );
}
