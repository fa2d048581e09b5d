import assert from 'node:assert/strict';
import { catchesNothing, functionsOf, isHarmless, knowledgeOf, leadingTry } from './fault-sites.ts';

/** What becomes of the function `f` of a module. */
function fateOf(code: string): string {
  const functions = functionsOf(code);
  const knowledge = knowledgeOf(functions, []);
  const f = functions.find(({ name }) => name === 'f');
  assert.ok(f);
  if (catchesNothing(f, knowledge)) return 'no fault';
  if (leadingTry(f) !== undefined) return 'a fault in its try';
  return isHarmless(f, knowledge) ? 'no fault' : 'a fault at its start';
}

const FATES: readonly (readonly [string, string, string])[] = [
  ['reads and returns', 'function f(a) { return a.b ?? 1 }', 'no fault'],
  ['calls what its caller gave it', 'function f(fn) { return fn(1) }', 'no fault'],
  ['calls what is not ours', 'function f(a) { return JSON.parse(a) }', 'a fault at its start'],
  [
    'calls ours that may fail',
    'function f(a) { g(a) } function g(a) { JSON.parse(a) }',
    'a fault at its start',
  ],
  [
    'calls ours that catch',
    'function f(a) { g(a) } function g(a) { try { a.x() } catch {} }',
    'no fault',
  ],
  ['catches what it does', 'function f(a) { try { a.x() } catch {} }', 'a fault in its try'],
  [
    'does something before its try',
    'function f(a) { a.x(); try { a.y() } catch {} }',
    'a fault at its start',
  ],
  [
    'fails while it catches',
    'function f(a) { try { a.x() } catch { g() } } function g() { g.y() }',
    'a fault in its try',
  ],
  [
    'catches nothing',
    'function f(a) { try { a.x() } finally { a.b = 1 } }',
    'a fault at its start',
  ],
  [
    'hands on the errors of its caller',
    'function f(fn) { try { fn() } catch (e) { throw e } }',
    'no fault',
  ],
  [
    'awaits ours that may reject',
    'async function f() { await g() } async function g() { g.y() }',
    'a fault at its start',
  ],
  [
    'awaits nothing of ours',
    'function f(a) { g().then(a) } async function g() { g.y() }',
    'no fault',
  ],
  [
    'shares its name with one that may fail',
    'class A { f() {} } class B { f(a) { a.x() } } function g(a) { a.f() }',
    'no fault',
  ],
];

describe('where faults are injected', () => {
  for (const [what, code, fate] of FATES) {
    it(`a function that ${what} has ${fate}`, () => assert.equal(fateOf(code), fate));
  }

  it('trusts a name only where all functions that have it are harmless', () => {
    const functions = functionsOf(
      'class A { f() {} } class B { f(a) { a.x() } } class C { g() {} }',
    );
    const { harmless } = knowledgeOf(functions, []);
    assert.deepEqual([harmless.has('f'), harmless.has('g')], [false, true]);
  });
});
