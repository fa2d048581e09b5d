/** Mutants of one operator in TypeScript sources, each of them behind a switch of its own. */

import {
  isBinaryExpression,
  isCallExpression,
  isConditionalExpression,
  isForStatement,
  isIfStatement,
  isPostfixUnaryExpression,
  isPrefixUnaryExpression,
  isPropertyAccessExpression,
  isTypeNode,
  isWhileStatement,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';

const BINARY = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '+=': ['-='],
  '-=': ['+='],
  '*=': ['/='],
  '??=': ['='],
};
const CALLS = { min: 'max', max: 'min', some: 'every', every: 'some' };

/** The compiler takes the mutants as they are. Not one word, which would silence it for this file. */
const UNCHECKED = ['// @ts', 'nocheck'].join('-');

/** What a mutated file calls: whether a mutant is active. Where that is to be learnt, notes each that is reached. */
const SWITCH = `
function __mutant(id: number): boolean {
  // What plays another runtime has no process.
  const load = typeof require === 'function' ? require : undefined;
  const shared = typeof process === 'undefined' ? load?.('node:process') : process;
  if (shared === undefined) return false;
  shared.__mutants ??= (() => {
    const active = Number(shared.env.MUTANT ?? -1);
    const log = shared.env.MUTANTS_REACHED;
    if (log === undefined) return (each: number) => each === active;
    const reached: Set<number> = (shared.__reached = new Set());
    shared.on('exit', () => {
      const line = JSON.stringify({ ids: [...reached], isChild: true });
      shared.getBuiltinModule('node:fs').appendFileSync(log, line + '\\n');
    });
    return (each: number) => {
      reached.add(each);
      return false;
    };
  })();
  return shared.__mutants(id);
}
`;

/**
 * @param project the tsconfig.json that the files belong to
 * @param files absolute paths
 * @returns all mutants: `{ file, line, source, label, node, replace }`
 */
export function findMutants(project, files) {
  const api = new API();
  try {
    const { program } = api.updateSnapshot({ openProjects: [project] }).getProjects()[0];
    return files.flatMap((file) => mutantsIn(file, program.getSourceFile(file)));
  } finally {
    api.close();
  }
}

function mutantsIn(file, source) {
  const found = [];
  const textOf = (node) => source.text.slice(node.getStart(source), node.end);
  /** @param mutated makes the text of the mutant from the texts of the node's parts */
  const add = (node, label, mutated) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    const shown = source.text.split('\n')[line].trim();
    found.push({ file, line: line + 1, shown, label, node, mutated, source });
  };
  const force = (condition, values) => {
    if (condition === undefined) return;
    for (const value of values) add(condition, `${textOf(condition)} -> ${value}`, () => value);
  };
  const visit = (node) => {
    if (isTypeNode(node) || TYPES.has(node.kind)) return;
    if (isBinaryExpression(node)) {
      const { left, operatorToken, right } = node;
      const operator = textOf(operatorToken);
      const isOfTexts = operator.startsWith('+') && [left, right].some(isText);
      for (const other of isOfTexts ? [] : (BINARY[operator] ?? [])) {
        // Without brackets, `a ?? b ?? c` would become `a ?? b && c`, which is no JavaScript.
        add(node, `${operator} -> ${other}`, (text) => `(${text(left)}) ${other} (${text(right)})`);
      }
    } else if (isPrefixUnaryExpression(node)) {
      const { operand } = node;
      const operator = source.text.slice(node.getStart(source), operand.getStart(source));
      const other = { '!': '', '-': '', '++': '--', '--': '++' }[operator];
      if (other !== undefined) {
        add(node, `${operator} -> ${other || 'nothing'}`, (text) => `${other}${text(operand)}`);
      }
    } else if (isPostfixUnaryExpression(node)) {
      const { operand } = node;
      const operator = source.text.slice(operand.end, node.end);
      const other = operator === '++' ? '--' : '++';
      add(node, `${operator} -> ${other}`, (text) => `${text(operand)}${other}`);
    } else if (isIfStatement(node)) {
      force(node.expression, ['true', 'false']);
    } else if (isConditionalExpression(node)) {
      force(node.condition, ['true', 'false']);
    } else if (isWhileStatement(node)) {
      force(node.expression, ['false']);
    } else if (isForStatement(node)) {
      force(node.condition, ['false']);
    } else if (isCallExpression(node) && isPropertyAccessExpression(node.expression)) {
      const { expression, name } = node.expression;
      const other = CALLS[name.text];
      if (Object.hasOwn(CALLS, name.text)) {
        add(node, `${name.text} -> ${other}`, (text) => {
          const before = source.text.slice(expression.end, name.getStart(source));
          const behind = text(node).slice(text(node.expression).length);
          return `${text(expression)}${before}${other}${behind}`;
        });
      }
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

const TYPES = new Set([
  SyntaxKind.InterfaceDeclaration,
  SyntaxKind.TypeAliasDeclaration,
  SyntaxKind.ImportDeclaration,
  SyntaxKind.ExportDeclaration,
]);

function isText(node) {
  return [
    SyntaxKind.StringLiteral,
    SyntaxKind.TemplateExpression,
    SyntaxKind.NoSubstitutionTemplateLiteral,
  ].includes(node.kind);
}

/**
 * The text of a file with its mutants in it.
 * @param mutants of one file, each with its `id`
 */
export function withMutants(mutants) {
  const [{ source }] = mutants;
  const byNode = Map.groupBy?.(mutants, ({ node }) => node) ?? grouped(mutants);

  /** The node's own text, with what is planted below it. */
  const inner = (node) => {
    let text = '';
    let at = node.getStart(source);
    node.forEachChild((child) => {
      const start = child.getStart(source);
      if (start < at) return;
      text += source.text.slice(at, start) + outer(child);
      at = child.end;
    });
    return text + source.text.slice(at, node.end);
  };
  /** The same behind the switches of the node's own mutants. */
  const outer = (node) => {
    let text = inner(node);
    for (const { id, mutated } of byNode.get(node) ?? []) {
      const other = mutated((part) => (part === node ? inner(part) : outer(part)));
      text = `(__mutant(${id}) ? (${other}) : (${text}))`;
    }
    return text;
  };
  const { end } = source.endOfFileToken ?? source;
  return `${UNCHECKED}\n${source.text.slice(0, source.getStart(source))}${outer(source)}${source.text.slice(end)}${SWITCH}`;
}

function grouped(mutants) {
  const groups = new Map();
  for (const each of mutants) groups.set(each.node, [...(groups.get(each.node) ?? []), each]);
  return groups;
}
