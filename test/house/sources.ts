/**
 * The repository's TypeScript, read by the compiler itself: what each file imports and names.
 *
 * TypeScript 7 calls this interface of its own unstable. It is used here and nowhere else, and the lockfile holds it.
 */

import {
  isCallExpression,
  isExportDeclaration,
  isExportSpecifier,
  isExternalModuleReference,
  isIdentifier,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isModuleDeclaration,
  isPropertyAccessExpression,
  isStringLiteral,
  type Node,
  type SourceFile,
  SyntaxKind,
} from 'typescript/unstable/ast';
import {
  API,
  type Checker,
  type Symbol as CompilerSymbol,
  type Project,
  SymbolFlags,
} from 'typescript/unstable/sync';
import {
  publishedPackages,
  ROOT,
  readText,
  repositoryFiles,
  type Workspace,
} from './repository.ts';

export interface Import {
  readonly specifier: string;
  /**
   * `type` is gone at run time; `lazy` is loaded when code asks for it; `everything` hands on all values and types of a
   * module by `export *`.
   */
  readonly kind: 'value' | 'lazy' | 'type' | 'everything';
  readonly line: number;
}

export interface Source {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  /** Every name that is no property of something else, with the lines where it stands. */
  readonly names: ReadonlyMap<string, readonly number[]>;
  /** Lines that hold the type `any`. */
  readonly anys: readonly number[];
  /** What stands before the first statement. */
  readonly head: string;
}

export interface EntryPointNames {
  readonly values: readonly string[];
  /** Names that are types only. */
  readonly types: readonly string[];
}

interface Repository {
  readonly sources: readonly Source[];
  readonly entryPoints: Readonly<Record<string, EntryPointNames>>;
}

let repository: Repository | undefined;

/** All TypeScript files of the repository that belong to a project. */
export function readSources(): readonly Source[] {
  repository ??= read();
  return repository.sources;
}

/** The names that the entry points of all published packages export. */
export function exportedNames(): Readonly<Record<string, EntryPointNames>> {
  repository ??= read();
  return repository.entryPoints;
}

function read(): Repository {
  const api = new API({ cwd: ROOT });
  try {
    const configs = repositoryFiles().filter((file) =>
      // Those of the CommonJS build hold the same files.
      /\/tsconfig(?!\.commonjs)[^/]*\.json$/.test(file),
    );
    const snapshot = api.updateSnapshot({ openProjects: configs.map((file) => `${ROOT}${file}`) });
    const projects = snapshot.getProjects();
    const entryPoints = publishedPackages()
      .flatMap(sourcesOfDoors)
      .map(([entryPoint, path]) => [entryPoint, namesOf(`${ROOT}${path}`, projects)] as const);
    return { sources: sourcesOf(projects), entryPoints: Object.fromEntries(entryPoints) };
  } finally {
    api.close();
  }
}

function sourcesOf(projects: readonly Project[]): readonly Source[] {
  const wanted = new Set(repositoryFiles());
  const found = new Map<string, Source>();
  for (const { rootFiles, program } of projects) {
    for (const fileName of rootFiles) {
      const path = fileName.slice(ROOT.length);
      if (!wanted.has(path) || found.has(path)) continue;
      const file = program.getSourceFile(fileName);
      if (file !== undefined) found.set(path, toSource(path, file));
    }
  }
  return [...found.values()];
}

/** The source file behind each entry point of a package. */
function sourcesOfDoors({ folder, manifest }: Workspace): readonly (readonly [string, string])[] {
  return Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
    if (subpath === './package.json') return [];
    const types = typeof target === 'string' ? undefined : target.types;
    const name = types?.match(/^\.\/dist\/(.*)\.d\.ts$/)?.[1];
    if (name === undefined)
      throw new Error(`${folder}: the entry point ${subpath} has no types in dist`);
    return [[`${manifest.name}${subpath.slice(1)}`, `${folder}/src/${name}.ts`] as const];
  });
}

function namesOf(fileName: string, projects: readonly Project[]): EntryPointNames {
  for (const { rootFiles, program, checker } of projects) {
    if (!rootFiles.includes(fileName)) continue;
    const file = program.getSourceFile(fileName);
    const module = file && checker.getSymbolAtLocation(file);
    if (module === undefined) break;
    const values: string[] = [];
    const types: string[] = [];
    for (const exported of checker.getExportsOfModule(module)) {
      (isValue(exported, checker) ? values : types).push(exported.name);
    }
    return { values: values.sort(), types: types.sort() };
  }
  throw new Error(`${fileName} is a module of no project`);
}

/** Whether something of the name is left at run time: a class that is handed on by `export type` is not. */
function isValue(exported: CompilerSymbol, checker: Checker): boolean {
  let symbol: CompilerSymbol | undefined = exported;
  while (symbol !== undefined && (symbol.flags & SymbolFlags.Alias) !== 0) {
    for (const declaration of symbol.declarations) {
      const node = declaration.resolve();
      if (node === undefined || !isExportSpecifier(node)) continue;
      const whole = node.parent.parent;
      if (node.isTypeOnly || (isExportDeclaration(whole) && whole.isTypeOnly)) return false;
    }
    symbol = checker.getImmediateAliasedSymbol(symbol);
  }
  return symbol !== undefined && (symbol.flags & SymbolFlags.Value) !== 0;
}

function toSource(path: string, file: SourceFile): Source {
  const text = readText(path);
  const lineAt = (position: number) => file.getLineAndCharacterOfPosition(position).line + 1;
  const imports: Import[] = [];
  const names = new Map<string, number[]>();
  const anys: number[] = [];
  const visit = (node: Node): void => {
    const line = lineAt(node.getStart(file));
    const found = importOf(node);
    if (found !== undefined) imports.push({ ...found, line });
    if (isIdentifier(node)) names.set(node.text, [...(names.get(node.text) ?? []), line]);
    if (node.kind === SyntaxKind.AnyKeyword) anys.push(line);
    if (isPropertyAccessExpression(node) && !isGlobalThis(node.expression)) visit(node.expression);
    else node.forEachChild(visit);
  };
  visit(file);
  const first = file.statements[0];
  const head = text.slice(0, first?.getStart(file, false) ?? text.length);
  return { path, text, imports, names, anys, head };
}

function isGlobalThis(node: Node): boolean {
  return isIdentifier(node) && node.text === 'globalThis';
}

/** The module that a node leads to. An import counts as a type's only where nothing of it is left at run time. */
function importOf(node: Node): Omit<Import, 'line'> | undefined {
  if (isImportDeclaration(node)) {
    const isType = node.importClause?.phaseModifier === SyntaxKind.TypeKeyword;
    return to(node.moduleSpecifier, isType ? 'type' : 'value');
  }
  if (isExportDeclaration(node)) {
    if (node.isTypeOnly) return to(node.moduleSpecifier, 'type');
    return to(node.moduleSpecifier, node.exportClause === undefined ? 'everything' : 'value');
  }
  if (isImportTypeNode(node)) {
    return isLiteralTypeNode(node.argument) ? to(node.argument.literal, 'type') : undefined;
  }
  if (isExternalModuleReference(node)) return to(node.expression, 'value');
  if (isModuleDeclaration(node)) return to(node.name, 'type');
  if (!isCallExpression(node)) return undefined;
  const { expression } = node;
  if (expression.kind === SyntaxKind.ImportKeyword) return to(node.arguments[0], 'lazy');
  const isLoading = isIdentifier(expression) && expression.text === 'require';
  return isLoading ? to(node.arguments[0], 'value') : undefined;
}

function to(specifier: Node | undefined, kind: Import['kind']): Omit<Import, 'line'> | undefined {
  if (specifier === undefined || !isStringLiteral(specifier)) return undefined;
  return { specifier: specifier.text, kind };
}
