/** What a user can reach, a user can name: signatures hold no type of ours that no entry point exports. */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import {
  isExpressionWithTypeArguments,
  isIdentifier,
  isQualifiedName,
  isTypeQueryNode,
  isTypeReferenceNode,
  type Node,
} from 'typescript/unstable/ast';
import {
  API,
  type Checker,
  type Symbol as CompilerSymbol,
  SymbolFlags,
} from 'typescript/unstable/sync';
import { publishedPackages, ROOT, readText } from './repository.ts';

/** The entry points of adapters and integrations: their types are ours to change. */
const FOR_OUR_PACKAGES = new Set(['./adapter', './integration']);

/**
 * Parts of types that are exported: what they extend or are computed by. A user needs no name for them.
 */
const PARTS = [
  'packages/core/dist/http/options/tracing-options.d.ts: Eventually',
  'packages/core/dist/publish/queue/open-batches.d.ts: BatchLimits',
  'packages/core/dist/trace/model/step-types.d.ts: NoFields',
  'packages/core/dist/trace/model/step-types.d.ts: StepFields',
  'packages/core/dist/api/trace-options.d.ts: Recorded',
  'packages/core/dist/api/traced.d.ts: MethodDecoratorOfBothDialects',
  'packages/integrations/dist/common/options.d.ts: CallOptions',
  'packages/otel/dist/export/options/export-options.d.ts: ExportOptions',
  'packages/integrations/dist/common/options.d.ts: StreamUsageOptions',
];

const FOLDER = `${ROOT}test/.signatures`;

/** The declarations behind each entry point that users import. */
function declarationFiles(): readonly string[] {
  return publishedPackages().flatMap(({ folder, manifest }) =>
    Object.entries(manifest.exports ?? {}).flatMap(([subpath, files]) =>
      typeof files === 'string' || FOR_OUR_PACKAGES.has(subpath)
        ? []
        : [`${ROOT}${folder}/${files.types.slice(2)}`],
    ),
  );
}

/**
 * Where each type of ours is declared that can be reached and not be imported, as `core/dist/trace/scope/scope.d.ts: Shared`,
 * and by the declaration that names it.
 */
function unnamedTypes(): ReadonlyMap<string, string> {
  const files = declarationFiles();
  mkdirSync(FOLDER, { recursive: true });
  const config = `${FOLDER}/tsconfig.json`;
  const compilerOptions = { module: 'NodeNext', target: 'ES2022', noEmit: true, types: ['node'] };
  writeFileSync(config, JSON.stringify({ compilerOptions, files }));
  const api = new API({ cwd: ROOT });
  try {
    const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects();
    assert.ok(project);
    const { program, checker } = project;
    const exported = files.flatMap((fileName) => {
      const file = program.getSourceFile(fileName);
      const module = file && checker.getSymbolAtLocation(file);
      assert.ok(module, fileName);
      return checker.getExportsOfModule(module).map((each) => unaliased(each, checker));
    });
    const named = new Set(exported.flatMap(placesOf));
    const unnamed = new Map<string, string>();
    const seen = new Set<string>();
    const visit = (node: Node, from: string): void => {
      const name = nameIn(node);
      const symbol = name && checker.getSymbolAtLocation(name);
      if (symbol !== undefined) reach(unaliased(symbol, checker), from);
      node.forEachChild((child) => {
        visit(child, from);
      });
    };
    const reach = (symbol: CompilerSymbol, from: string): void => {
      if ((symbol.flags & SymbolFlags.TypeParameter) !== 0) return;
      for (const place of placesOf(symbol)) {
        if (seen.has(place) || !/^packages\/[^/]+\/dist\//.test(place)) continue;
        seen.add(place);
        if (!named.has(place)) unnamed.set(place, from);
        for (const declaration of symbol.declarations) {
          const node = declaration.resolve();
          if (node !== undefined) visit(node, place);
        }
      }
    };
    for (const symbol of exported) reach(symbol, 'an entry point');
    return unnamed;
  } finally {
    api.close();
  }
}

function unaliased(symbol: CompilerSymbol, checker: Checker): CompilerSymbol {
  let found = symbol;
  while ((found.flags & SymbolFlags.Alias) !== 0) {
    const next = checker.getImmediateAliasedSymbol(found);
    if (next === undefined) break;
    found = next;
  }
  return found;
}

/** Where a symbol is declared, from the root of the repository. */
function placesOf(symbol: CompilerSymbol): readonly string[] {
  return symbol.declarations.flatMap((declaration) => {
    const file = declaration.resolve()?.getSourceFile().fileName;
    return file === undefined ? [] : [`${file.slice(ROOT.length)}: ${symbol.name}`];
  });
}

/** The name by which a node refers to a type. */
function nameIn(node: Node): Node | undefined {
  if (isTypeReferenceNode(node)) return last(node.typeName);
  if (isExpressionWithTypeArguments(node)) return last(node.expression);
  if (isTypeQueryNode(node)) return last(node.exprName);
  return undefined;
}

function last(name: Node): Node | undefined {
  if (isQualifiedName(name)) return name.right;
  return isIdentifier(name) ? name : undefined;
}

describe('the signatures of what users import', () => {
  it('leave out what only a resolver of package.json imports finds: TypeScript under node10 is none', () => {
    const found = publishedPackages().flatMap(({ folder }) => {
      const names = readdirSync(`${ROOT}${folder}/dist`, { recursive: true, encoding: 'utf8' });
      const files = names.filter((name) => name.endsWith('.d.ts'));
      assert.ok(
        files.some((file) => file.startsWith('cjs')),
        folder,
      );
      return files
        .map((file) => `${folder}/dist/${file}`)
        .filter((file) => /(from|import) ['"]#|import\(['"]#/.test(readText(file)));
    });
    assert.deepEqual(found, []);
  });

  it('name no type that cannot be imported', () => {
    const unnamed = unnamedTypes();
    const strays = [...unnamed].filter(([place]) => !PARTS.includes(place));
    assert.deepEqual(
      strays.map(([place, from]) => `${place}, in ${from}`),
      [],
    );
    // The walk goes deep, and the list has no more than it needs.
    assert.deepEqual(
      PARTS.filter((place) => !unnamed.has(place)),
      [],
    );
  });
});
