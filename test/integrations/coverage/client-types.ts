/** Reads types of installed clients, by the compiler's own interface. */

import { fileURLToPath } from 'node:url';
import { getLibFiles, libFolderInMemoryPath, ts } from '@ts-morph/common';

export type { ts };

const HERE = fileURLToPath(new URL('.', import.meta.url));

const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
};

/** The language's own types, which this build of the compiler brings along. */
const LIBRARIES = getLibFiles().map(
  ({ fileName, text }) => [`${libFolderInMemoryPath}/${fileName}`, text] as const,
);

/** The types of the language and of Node, read once for all clients. What is read of a client goes with its types. */
const SHARED = new Map<string, ts.SourceFile>();

function isShared(path: string): boolean {
  return (
    path.startsWith(libFolderInMemoryPath) ||
    /\/node_modules\/(@types\/node|undici-types)\//.test(path)
  );
}

export class ClientTypes {
  readonly checker: ts.TypeChecker;
  readonly #types = new Map<string, ts.Type>();

  /** @param expressions of types by name, with their imports inline: `import('openai7').OpenAI.ChatCompletion` */
  constructor(expressions: Readonly<Record<string, string>>) {
    const file = `${HERE}types-of-a-client.ts`;
    const source = Object.entries(expressions)
      .map(([name, expression]) => `export type ${name} = ${expression};`)
      .join('\n');
    const host = ts.createCompilerHost(OPTIONS);
    const { fileExists, getSourceFile } = host;
    const made = new Map([[file, source], ...LIBRARIES]);
    host.getDefaultLibLocation = () => libFolderInMemoryPath;
    host.fileExists = (path) => made.has(path) || fileExists(path);
    host.getSourceFile = (path, languageVersion, ...rest) => {
      const known = SHARED.get(path);
      if (known !== undefined) return known;
      const text = made.get(path);
      const read =
        text === undefined
          ? getSourceFile(path, languageVersion, ...rest)
          : ts.createSourceFile(path, text, languageVersion);
      if (read !== undefined && isShared(path)) SHARED.set(path, read);
      return read;
    };
    const program = ts.createProgram([file], OPTIONS, host);
    this.checker = program.getTypeChecker();
    const module = this.checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile);
    for (const symbol of this.checker.getExportsOfModule(module as ts.Symbol)) {
      const type = this.checker.getDeclaredTypeOfSymbol(symbol);
      if (type.flags & ts.TypeFlags.Any) {
        throw new Error(`${expressions[symbol.name]} names no type`);
      }
      this.#types.set(symbol.name, type);
    }
  }

  type(name: string): ts.Type {
    const type = this.#types.get(name);
    if (type === undefined) throw new Error(`no type is called ${name}`);
    return type;
  }
}
