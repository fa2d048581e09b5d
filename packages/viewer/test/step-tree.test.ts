/** The steps of a trace as rows. */

import assert from 'node:assert/strict';
import { alignSteps } from '../src/compare/align-steps.ts';
import { stepsByName } from '../src/trace/steps/named-steps.ts';
import { axisOf, selfTime } from '../src/trace/steps/step-times.ts';
import {
  buildStepTree,
  groupFacts,
  parentPlace,
  reveal,
  rowOf,
  type StepsShown,
  stepAt,
  toggledRow,
  visibleRows,
} from '../src/trace/steps/step-tree.ts';

type StepSummary = Parameters<typeof buildStepTree>[0][number];

/** Steps by lines such as `  name:type start+duration`, indented by two spaces a level. */
function stepsOf(lines: string): StepSummary[] {
  const above: number[] = [];
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      const depth = (/^ */.exec(line)?.[0].length ?? 0) / 2;
      const [label = '', times = ''] = line.trim().split(' ');
      const [name = '', type = 'chain'] = label.split(':');
      const [start, duration] = times.split('+').map(Number);
      above[depth] = index;
      return step({
        index,
        depth,
        parent: depth === 0 ? -1 : (above[depth - 1] ?? -1),
        name,
        type,
        start: start ?? null,
        duration: duration ?? null,
      });
    });
}

function step(facts: Partial<StepSummary>): StepSummary {
  return {
    ...{
      index: 0,
      parent: -1,
      depth: 0,
      name: 'step',
      type: 'chain',
      start: null,
      duration: null,
    },
    ...{
      firstToken: null,
      chunks: [],
      chunkCount: null,
      model: null,
      provider: null,
      promptTokens: null,
      completionTokens: null,
    },
    ...{ tokens: null, cost: null, error: null, isUnfinished: false, problem: null },
    ...facts,
  };
}

const ALL: StepsShown = { folded: new Set(), openGroups: new Set(), modelsOnly: false };

function print(steps: readonly StepSummary[], shown: StepsShown): string[] {
  const tree = buildStepTree(steps);
  return [...visibleRows(tree, shown)].map((code) => {
    const row = rowOf(tree, shown, code);
    const sign = row.expanded === undefined ? ' ' : row.expanded ? 'v' : '>';
    const name =
      row.kind === 'group'
        ? `${row.group.members.length} x ${steps[row.group.first]?.name}`
        : row.step.name;
    return `${'  '.repeat(row.level)}${sign} ${name}`;
  });
}

const SIBLINGS = `root
  embed:embedding 0+1
  embed:embedding 1+2
  embed:embedding 3+3
  embed:embedding 6+4
  embed:embedding 10+5
    retry 10+1
  answer
    model:chat_completion`;

describe('the rows of a trace', () => {
  it('fold five equal siblings into one, with their number, and unfold them one level deeper', () => {
    const steps = stepsOf(SIBLINGS);
    assert.deepEqual(print(steps, ALL), ['v root', '  > 5 x embed', '  v answer', '      model']);
    assert.deepEqual(print(steps, { ...ALL, openGroups: new Set([1]) }), [
      'v root',
      '  v 5 x embed',
      ...Array.from({ length: 4 }, () => '      embed'),
      '    v embed',
      '        retry',
      '  v answer',
      '      model',
    ]);
    assert.deepEqual(
      print(
        steps
          .filter(({ index }) => index !== 1)
          .map((each, index) => ({
            ...each,
            index,
            parent: each.parent > 0 ? each.parent - 1 : each.parent,
          })),
        ALL,
      ).slice(0, 5),
      [...['v root', '    embed', '    embed', '    embed', '  v embed']],
    );
  });

  it('have the sum and the range of durations for a group', () => {
    const tree = buildStepTree(stepsOf(SIBLINGS));
    const group = tree.groups.get(1);
    assert.ok(group);
    const { sum, min, max, start, stop } = groupFacts(tree, group);
    assert.deepEqual(
      { sum, min, max, start, stop },
      { sum: 15, min: 1, max: 5, start: 0, stop: 15 },
    );
  });

  it('have unknown sums for a group without durations or tokens', () => {
    const tree = buildStepTree(stepsOf(['root', ...Array(5).fill('  same')].join('\n')));
    const group = tree.groups.get(1);
    assert.ok(group);
    const { sum, min, max, tokens } = groupFacts(tree, group);
    assert.deepEqual({ sum, min, max, tokens }, { sum: null, min: null, max: null, tokens: null });
  });

  it('have no steps below a folded step', () => {
    const steps = stepsOf(SIBLINGS);
    assert.deepEqual(print(steps, { ...ALL, folded: new Set([7]) }).at(-1), '  > answer');
    assert.deepEqual(print(steps, { ...ALL, folded: new Set([0]) }), ['> root']);
  });

  it('are the model steps alone, or the matches with their ancestors', () => {
    const steps = stepsOf(SIBLINGS);
    const models = print(steps, { ...ALL, modelsOnly: true });
    assert.equal(models.length, 7);
    assert.equal(models.at(-1), '    model');
    assert.deepEqual(print(steps, { ...ALL, only: new Set([6]) }), [
      '  root',
      '    embed',
      '      retry',
    ]);
  });

  it('are unfolded as far as needed to show a step', () => {
    const steps = stepsOf(SIBLINGS);
    const tree = buildStepTree(steps);
    const shown = reveal(tree, { ...ALL, folded: new Set([0, 5]) }, 6);
    assert.ok(visibleRows(tree, shown).includes(6));
  });

  it('have a self time: the time without a running child, even if children overlap or outlive their parent', () => {
    const steps = stepsOf(`root 0+100
  a 10+20
  b 20+30
  c 90+50`);
    assert.equal(selfTime(buildStepTree(steps), 0), 50);
    assert.equal(selfTime(buildStepTree(steps), 1), 20);
    assert.equal(selfTime(buildStepTree(stepsOf('root')), 0), null);
  });

  it('show a step that is to be seen, whatever hides it', () => {
    const tree = buildStepTree(
      stepsOf('root 0+9\n  chain 0+5\n    ask:chat_completion 1+2\n    tool:tool 3+1'),
    );
    const isSeen = (shown: StepsShown, index: number) => visibleRows(tree, shown).includes(index);
    for (const modelsOnly of [false, true]) {
      for (const only of [undefined, new Set([2])]) {
        for (const index of [0, 1, 2, 3]) {
          const shown = { ...ALL, modelsOnly, only, folded: new Set([1]) };
          const next = reveal(tree, shown, index);
          assert.ok(isSeen(next, index), `${index} of ${JSON.stringify({ modelsOnly, only })}`);
          // A filter that does not hide it stays.
          if (index === 2) assert.deepEqual([next.modelsOnly, next.only], [modelsOnly, only]);
        }
      }
    }
  });

  it('have an axis that a wrong clock does not stretch', () => {
    const [root, child] = stepsOf('root 0+100\n  child -5000+10');
    assert.ok(root && child);
    assert.deepEqual(axisOf([root, { ...child, problem: 'before-parent' }], 100), [0, 100]);
    assert.deepEqual(axisOf([root, { ...child, problem: 'ends-before-start' }], 100), [0, 100]);
    assert.deepEqual(axisOf([root, child], 100), [-5000, 100]);
    assert.deepEqual(axisOf([], null), [0, 1]);
  });

  it('have an axis that the steps below one with a wrong clock do not stretch either', () => {
    for (const [at, problem] of [
      [-5000, 'before-parent'],
      [5000, 'after-parent'],
    ] as const) {
      const steps = stepsOf(
        `root 0+100\n  other ${at}+40\n    inner ${at + 10}+10\n      deep ${at + 12}+3\n  own 10+20\n    inner 12+100`,
      ).map((each) => (each.name === 'other' ? { ...each, problem } : each));
      assert.deepEqual(axisOf(steps, 100), [0, 112]);
    }
  });

  it('are as many as 80,000 steps need, and as deep as 20,000 levels', () => {
    const flat = Array.from({ length: 80_000 }, (_, index) =>
      step({
        index,
        depth: index === 0 ? 0 : index % 40 === 1 ? 1 : 2,
        parent: index === 0 ? -1 : index % 40 === 1 ? 0 : index - ((index - 1) % 40),
        name: `step ${index % 7}`,
      }),
    );
    const tree = buildStepTree(flat);
    const rows = visibleRows(tree, { ...ALL, folded: new Set([1]) });
    assert.ok(rows.length > 70_000);
    const deep = Array.from({ length: 20_000 }, (_, index) =>
      step({ index, depth: index, parent: index - 1 }),
    );
    const chain = buildStepTree(deep);
    assert.equal(visibleRows(chain, ALL).length, 20_000);
    assert.equal(reveal(chain, { ...ALL, folded: new Set([5]) }, 19_999).folded.size, 0);
  });
});

describe('two traces beside each other', () => {
  const names = (a: string, b: string) =>
    alignSteps(stepsOf(a), stepsOf(b)).map(
      (row) =>
        `${'  '.repeat(row.level)}${(row.a ?? row.b)?.name} ${row.a ? 'a' : ''}${row.b ? 'b' : ''}`,
    );

  it('have a step of both in one row, and a step of one at its own position', () => {
    assert.deepEqual(
      names(
        'POST/1\n  plan\n  search\n  answer',
        'POST/2\n  plan\n  check\n  search\n  search\n  answer',
      ),
      ['POST/1 ab', '  plan ab', '  check b', '  search ab', '  search b', '  answer ab'],
    );
    assert.deepEqual(names('root\n  old', 'root\n  new'), ['root ab', '  old a', '  new b']);
    assert.deepEqual(names('root\n  a\n    x\n  b\n    x', 'root\n  b\n    x'), [
      ...['root ab', '  a a', '    x a', '  b ab', '    x ab'],
    ]);
  });

  it('pair steps by type and by name, not by their joined text', () => {
    const spaced = (lines: string) =>
      stepsOf(lines).map((each) => ({
        ...each,
        name: each.name.replaceAll('_', ' '),
        type: each.type.replaceAll('_', ' '),
      }));
    const rows = alignSteps(spaced('root\n  b_c:a'), spaced('root\n  c:a_b'));
    assert.equal(rows.length, 3);
  });
});

describe('steps by name', () => {
  it('are added up, the longest self time first, with the longest step of each name', () => {
    const tree = buildStepTree(
      stepsOf(`root 0+100
  ask:chat_completion 0+30
    retry:tool 0+10
  ask:chat_completion 40+50
  ask:tool 92+4`).map((each) =>
        each.name === 'ask' && each.type === 'chat_completion'
          ? { ...each, tokens: 5, error: each.index === 1 ? 'no' : null }
          : each,
      ),
    );
    const found = stepsByName(tree);
    assert.deepEqual(
      found.map(({ name, type, count, total, own }) => [name, type, count, total, own]),
      [
        ['ask', 'chat_completion', 2, 80, 70],
        ['root', 'chain', 1, 100, 16],
        ['retry', 'tool', 1, 10, 10],
        ['ask', 'tool', 1, 4, 4],
      ],
    );
    const { longest, longestStep, failed, tokens, cost } = found[0] ?? {};
    assert.deepEqual([longest, longestStep, failed, tokens, cost], [50, 3, 1, 10, null]);
  });

  it('have an average of the known durations alone', () => {
    const tree = buildStepTree([
      step({ index: 0, name: 'root', start: 0, duration: 10 }),
      ...[30, null, 50].map((duration, place) =>
        step({ index: place + 1, depth: 1, parent: 0, name: 'ask', start: 0, duration }),
      ),
    ]);
    const ask = stepsByName(tree).find(({ name }) => name === 'ask');
    assert.deepEqual([ask?.count, ask?.total, ask?.average], [3, 80, 40]);
  });

  it('have one row a name for 80,000 steps, and for steps without times', () => {
    const steps = Array.from({ length: 80_000 }, (_, index) =>
      step({ index, depth: index === 0 ? 0 : 1, parent: index - 1, name: `name ${index % 3}` }),
    );
    assert.deepEqual(
      stepsByName(buildStepTree(steps)).map(({ count, total, longestStep }) => [
        ...[count, total, longestStep],
      ]),
      [
        [26_667, null, 0],
        [26_667, null, 1],
        [26_666, null, 2],
      ],
    );
  });
});

describe('a row of the steps', () => {
  const lines = `
root
  call
  call
  call
  call
  call
  last
    inner
`;
  const tree = buildStepTree(stepsOf(lines));
  const nothing: StepsShown = { folded: new Set(), openGroups: new Set(), modelsOnly: false };

  it('is a step or a group, and is folded as that', () => {
    const rows = visibleRows(tree, nothing);
    assert.deepEqual(Array.from(rows, stepAt), [0, undefined, 6, 7]);
    const open = toggledRow(nothing, rows[1] ?? 0);
    assert.equal(visibleRows(tree, open).length, 9);
    assert.deepEqual(toggledRow(open, rows[1] ?? 0), nothing);
    const folded = toggledRow(open, rows[2] ?? 0);
    assert.equal(visibleRows(tree, folded).length, 8);
    assert.equal(visibleRows(tree, toggledRow(nothing, 0)).length, 1);
  });

  it('has the row above it as its parent: of a member that is the group', () => {
    const rows = visibleRows(tree, toggledRow(nothing, visibleRows(tree, nothing)[1] ?? 0));
    assert.deepEqual(
      Array.from(rows, (_, place) => parentPlace(tree, rows, place)),
      [0, 0, 1, 1, 1, 1, 1, 0, 7],
    );
  });
});
