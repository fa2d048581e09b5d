/**
 * Where in a module a fault can happen.
 *
 * A function in which nothing can fail has no fault of its own: it reads, compares, assigns, loops and returns, calls
 * what it was given by its caller (whose errors are the caller's), or calls functions in which nothing can fail either.
 * What stands in a `try` that catches counts as caught. Calls are known by name alone, so a name is trusted only where
 * all functions of ours that have it are.
 */

import { type AnyNode, type Function as FunctionNode, parse } from 'acorn';

export interface OurFunction {
  readonly node: FunctionNode;
  /** What callers call it by; '' where it has no name. */
  readonly name: string;
  /** The same, behind the names of what it stands in. */
  readonly path: string;
  /** Names of its parameters and of those of the functions that it stands in. */
  readonly given: ReadonlySet<string>;
}

export function functionsOf(code: string): OurFunction[] {
  const found: OurFunction[] = [];
  const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  visit(program, undefined, '', new Set(), found);
  return found;
}

/** What is known of the functions of all modules. */
export interface Knowledge {
  /** Names of functions in which nothing can fail. */
  readonly harmless: ReadonlySet<string>;
  /** Names of functions that reject, but never throw. */
  readonly async: ReadonlySet<string>;
}

/** @param exempt names that are trusted although they do not look it */
export function knowledgeOf(
  functions: readonly OurFunction[],
  exempt: Iterable<string>,
): Knowledge {
  const voters = functions.filter(
    ({ path }) => !FALLIBLE_CLASSES.some((name) => path.startsWith(name)),
  );
  const ours = new Set(voters.map(({ name }) => name));
  const harmless = new Set([...ours, ...exempt, ...HARMLESS_METHODS]);
  const async = new Set(ours);
  for (const { name, node } of voters) if (!node.async) async.delete(name);
  harmless.delete('');
  for (let before = -1; before !== harmless.size; ) {
    before = harmless.size;
    for (const fn of voters) if (!isHarmless(fn, { harmless, async })) harmless.delete(fn.name);
  }
  return { harmless, async };
}

/** Whether nothing in the function can fail, apart from what it catches itself. */
export function isHarmless(fn: OurFunction, knowledge: Knowledge): boolean {
  return isSafeFunction(fn, { ...knowledge, given: fn.given, trustsTry: true });
}

/** Whether it would not fail even if it caught nothing. */
export function catchesNothing(fn: OurFunction, knowledge: Knowledge): boolean {
  return isSafeFunction(fn, { ...knowledge, given: fn.given, trustsTry: false });
}

/** The block of a `try` that the function begins with, perhaps after declarations. */
export function leadingTry(fn: OurFunction): AnyNode | undefined {
  if (fn.node.body.type !== 'BlockStatement') return undefined;
  const first = fn.node.body.body.find((statement) => statement.type !== 'VariableDeclaration');
  return first?.type === 'TryStatement' && first.handler ? first.block : undefined;
}

/** Methods of the language and of Node that do not fail on what the compiler lets through, unless ours of that name do. */
const HARMLESS_METHODS = [
  ...['get', 'has', 'set', 'add', 'delete', 'push', 'shift'],
  ...['then', 'catch', 'finally', 'abort', 'removeEventListener', 'unref', 'destroy'],
];

/** What is called on these is not ours: the runtime's storage, or a scope manager that the user may have given. */
const FALLIBLE_OBJECTS = new Set(['#storage', 'scope', 'manager', '#manager']);

/** Called through these alone, so that its names say nothing of others. */
const FALLIBLE_CLASSES = [
  ...['AsyncLocalScope', 'GuardedScope', 'ProgressBar', 'RecordedCall'],
  ...['DiskSpool', 'Spool', 'OwnSegments', 'AdoptedSegments', 'UnwrittenRows', 'Segment'],
  'AdoptableSegments',
];

/** They run or read what is the host's: its errors are to pass. */
const HOST_METHODS = new Set([
  'apply',
  'call',
  'construct',
  'getReader',
  'read',
  'cancel',
  'enqueue',
  'respond',
]);

const HARMLESS_GLOBALS = new Set([
  ...['setTimeout', 'clearTimeout', 'performance.now', 'Date.now', 'Object.fromEntries'],
  // The same, as they were when the module was loaded.
  ...['startTimer', 'stopTimer', 'systemNow', 'systemMonotonic', 'systemUuid'],
  // Onto an error that Node has just made.
  'Object.assign',
  ...['crypto.randomUUID', 'Math.max', 'Math.min', 'Math.round', 'Math.floor'],
  ...['AbortController', 'Error', 'Map', 'Set'],
  // Hono puts it into a Map.
  'c.set',
]);

interface Scope extends Knowledge {
  readonly given: ReadonlySet<string>;
  readonly trustsTry: boolean;
}

function isSafeFunction(fn: OurFunction, scope: Scope): boolean {
  const { params, body } = fn.node;
  return (
    isSafe(body, scope) &&
    params.every((param) => param.type !== 'AssignmentPattern' || isSafe(param.right, scope))
  );
}

/** Whether a statement or an expression cannot fail. */
function isSafe(node: AnyNode | null | undefined, scope: Scope): boolean {
  if (!node) return true;
  const all = (nodes: readonly (AnyNode | null | undefined)[]) =>
    nodes.every((each) => isSafe(each, scope));
  switch (node.type) {
    case 'Identifier':
    case 'PrivateIdentifier':
    case 'Literal':
    case 'ThisExpression':
    case 'Super':
    case 'EmptyStatement':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
    case 'FunctionDeclaration':
    case 'TemplateElement':
    case 'MetaProperty':
      return true;
    case 'BlockStatement':
      return all(node.body);
    case 'TryStatement':
      return (
        ((node.handler && scope.trustsTry) || isSafe(node.block, scope)) &&
        all([node.handler?.body, node.finalizer])
      );
    case 'VariableDeclaration':
      return all(node.declarations.map(({ init }) => init));
    case 'IfStatement':
    case 'ConditionalExpression':
      return all([node.test, node.consequent, node.alternate]);
    case 'ExpressionStatement':
    case 'ParenthesizedExpression':
    case 'ChainExpression':
      return isSafe(node.expression, scope);
    case 'AwaitExpression':
      // Awaited, a rejection is thrown.
      return isSafe(node.argument, { ...scope, async: new Set() });
    case 'ForOfStatement':
      return all([node.right, node.body]);
    case 'WhileStatement':
      return all([node.test, node.body]);
    case 'NewExpression':
      return isHarmlessCall(node.callee, scope) && all(node.arguments);
    case 'ReturnStatement':
    case 'UnaryExpression':
    case 'UpdateExpression':
    case 'SpreadElement':
      return isSafe(node.argument, scope);
    case 'ThrowStatement':
      // What is thrown on is the host's.
      return node.argument.type === 'Identifier';
    case 'AssignmentExpression':
      return all([node.left as AnyNode, node.right]);
    case 'BinaryExpression':
    case 'LogicalExpression':
      return all([node.left, node.right]);
    case 'MemberExpression':
      return all([node.object, node.computed ? node.property : undefined]);
    case 'TemplateLiteral':
      return all(node.expressions);
    case 'ArrayExpression':
      return all(node.elements);
    case 'ObjectExpression':
      return all(node.properties);
    case 'Property':
      return isSafe(node.value, scope);
    case 'CallExpression':
      return isHarmlessCall(node.callee, scope) && all(node.arguments);
    default:
      return false;
  }
}

function isHarmlessCall(callee: AnyNode, scope: Scope): boolean {
  if (callee.type === 'Identifier') {
    return (
      isTrusted(callee.name, scope) ||
      scope.given.has(callee.name) ||
      HARMLESS_GLOBALS.has(callee.name)
    );
  }
  if (callee.type !== 'MemberExpression' || callee.computed) return false;
  const name = nameOfKey(callee.property);
  if (FALLIBLE_OBJECTS.has(lastName(callee.object))) return false;
  if (HARMLESS_GLOBALS.has(`${nameOfKey(callee.object)}.${name}`)) return true;
  return isSafe(callee.object, scope) && (isTrusted(name, scope) || HOST_METHODS.has(name));
}

function lastName(node: AnyNode): string {
  return node.type === 'MemberExpression' ? nameOfKey(node.property) : nameOfKey(node);
}

function isTrusted(name: string, scope: Scope): boolean {
  return scope.harmless.has(name) || scope.async.has(name);
}

function visit(
  node: AnyNode,
  parent: AnyNode | undefined,
  path: string,
  given: ReadonlySet<string>,
  found: OurFunction[],
): void {
  let inside = path;
  let known = given;
  if (node.type === 'ClassDeclaration') inside = join(path, node.id?.name ?? '');
  if (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  ) {
    const name = nameOfFunction(node, parent, path);
    inside = join(path, name || '=>');
    known = new Set([...given, ...node.params.map(nameOfParameter)]);
    found.push({ node, name, path: inside, given: known });
  }
  for (const child of Object.values(node)) {
    for (const each of Array.isArray(child) ? child : [child]) {
      if (isNode(each)) visit(each, node, inside, known, found);
    }
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function nameOfFunction(fn: FunctionNode, parent: AnyNode | undefined, path: string): string {
  if (fn.type !== 'ArrowFunctionExpression' && fn.id) return fn.id.name;
  // It is called by the name of its class.
  if (parent?.type === 'MethodDefinition' && parent.kind === 'constructor') return path;
  if (parent?.type === 'MethodDefinition' || parent?.type === 'Property') {
    return nameOfKey(parent.key);
  }
  if (parent?.type === 'VariableDeclarator') return nameOfKey(parent.id);
  return '';
}

function nameOfParameter(param: AnyNode): string {
  if (param.type === 'AssignmentPattern') return nameOfKey(param.left);
  return param.type === 'RestElement' ? nameOfKey(param.argument) : nameOfKey(param);
}

function nameOfKey(node: AnyNode): string {
  if (node.type === 'Identifier') return node.name;
  return node.type === 'PrivateIdentifier' ? `#${node.name}` : '';
}
