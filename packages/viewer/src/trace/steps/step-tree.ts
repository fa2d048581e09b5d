/** The steps of a trace as rows: which are visible, at which level, and which are folded into one row. No recursion. */

import type { StepSummary } from '../../../../local/src/page-api.js';
import { plusKnown } from '../../reading/measures.js';
import { toggled } from '../../toggled.js';

/** This many equal consecutive siblings become one row. */
const MIN_FOLDED = 5;

/** Equal siblings that stand beside each other. */
export interface SiblingGroup {
  readonly first: number;
  /** Index after the last descendant of the last sibling. */
  readonly end: number;
  readonly members: readonly number[];
}

/** A trace's steps in order, and what holds for all rows whatever is folded. */
export interface StepTree {
  readonly steps: readonly StepSummary[];
  /** Index after the last descendant of each step. */
  readonly end: Int32Array;
  readonly level: Int32Array;
  /** The group that begins at a step. */
  readonly groups: ReadonlyMap<number, SiblingGroup>;
}

export interface StepsShown {
  /** Indexes of steps whose children are hidden. */
  readonly folded: ReadonlySet<number>;
  /** First steps of the groups whose members are shown. */
  readonly openGroups: ReadonlySet<number>;
  readonly modelsOnly: boolean;
  /** If set, only these steps and their ancestors are shown. */
  readonly only?: ReadonlySet<number> | undefined;
}

export type StepRow =
  | {
      readonly kind: 'step';
      readonly step: StepSummary;
      readonly level: number;
      /** Undefined if the step has no children. */
      readonly expanded: boolean | undefined;
    }
  | {
      readonly kind: 'group';
      readonly group: SiblingGroup;
      readonly level: number;
      readonly expanded: boolean;
    };

export const MODEL_TYPES: ReadonlySet<string> = new Set(['chat_completion', 'embedding']);

export function buildStepTree(steps: readonly StepSummary[]): StepTree {
  const count = steps.length;
  const end = new Int32Array(count).fill(count);
  const level = new Int32Array(count);
  const open: number[] = [];
  for (let index = 0; index < count; index++) {
    const depth = steps[index]?.depth ?? 0;
    while (open.length > 0 && (steps[open[open.length - 1] ?? 0]?.depth ?? 0) >= depth) {
      end[open.pop() ?? 0] = index;
    }
    level[index] = open.length;
    open.push(index);
  }
  return { steps, end, level, groups: groupsOf(steps, end) };
}

function groupsOf(
  steps: readonly StepSummary[],
  end: Int32Array,
): ReadonlyMap<number, SiblingGroup> {
  const groups = new Map<number, SiblingGroup>();
  const isMember = new Uint8Array(steps.length);
  for (let index = 0; index < steps.length; index++) {
    const first = steps[index];
    if (first === undefined || isMember[index] === 1) continue;
    let count = 1;
    let next = end[index] ?? steps.length;
    while (isEqualSibling(first, steps[next])) {
      isMember[next] = 1;
      next = end[next] ?? steps.length;
      count++;
    }
    if (count < MIN_FOLDED) continue;
    const members: number[] = [];
    for (let member = index; member < next; member = end[member] ?? next) members.push(member);
    groups.set(index, { first: index, end: next, members });
  }
  return groups;
}

function isEqualSibling(step: StepSummary, next: StepSummary | undefined): boolean {
  return (
    next !== undefined &&
    next.parent === step.parent &&
    next.depth === step.depth &&
    next.name === step.name &&
    next.type === step.type
  );
}

/** The rows that are seen: an index for a step, `-1 - index` for the group that begins there. */
export function visibleRows(tree: StepTree, shown: StepsShown): Int32Array {
  const { steps, end, groups } = tree;
  const rows = new Int32Array(steps.length + groups.size);
  let count = 0;
  const wanted = isFiltered(shown) ? wantedSteps(tree, shown) : undefined;
  for (let index = 0; index < steps.length; ) {
    if (wanted !== undefined) {
      if (wanted[index] === 1) rows[count++] = index;
      index++;
      continue;
    }
    const group = groups.get(index);
    if (group !== undefined) {
      rows[count++] = groupRow(index);
      if (!shown.openGroups.has(index)) {
        index = group.end;
        continue;
      }
    }
    rows[count++] = index;
    index = shown.folded.has(index) ? (end[index] ?? steps.length) : index + 1;
  }
  return rows.subarray(0, count);
}

/** The step of a row; undefined for a group. */
export function stepAt(code: number): number | undefined {
  return code < 0 ? undefined : code;
}

/** Folds or unfolds a row: a step, or a group. */
export function toggledRow(shown: StepsShown, code: number): StepsShown {
  const group = groupAt(code);
  return group === undefined
    ? { ...shown, folded: toggled(shown.folded, code) }
    : { ...shown, openGroups: toggled(shown.openGroups, group) };
}

/** The place in `rows` of the row above a row in the tree; the row's own place for the first. */
export function parentPlace(tree: StepTree, rows: Int32Array, place: number): number {
  const code = rows[place] ?? 0;
  const level = tree.level[groupAt(code) ?? code] ?? 0;
  for (let above = place - 1; above >= 0; above--) {
    const each = rows[above] ?? 0;
    const group = groupAt(each);
    if (group === undefined) {
      if ((tree.level[each] ?? 0) < level) return above;
    } else if (code >= 0 && tree.groups.get(group)?.members.includes(code)) {
      // A member's group stands above it, at the same level.
      return above;
    }
  }
  return place;
}

/** The first step of the group that a row stands for; undefined for a step. */
export function groupAt(code: number): number | undefined {
  return code < 0 ? -1 - code : undefined;
}

/** The row of the group that begins at a step. */
export function groupRow(first: number): number {
  return -1 - first;
}

function isFiltered({ only, modelsOnly }: StepsShown): boolean {
  return only !== undefined || modelsOnly;
}

/** Marks the steps that a search or a filter leaves, with the root above them. */
function wantedSteps({ steps }: StepTree, { modelsOnly, only }: StepsShown): Uint8Array {
  const wanted = new Uint8Array(steps.length);
  for (const [index, { type, parent }] of steps.entries()) {
    const fits = (only?.has(index) ?? true) && (!modelsOnly || MODEL_TYPES.has(type));
    if (!fits) continue;
    wanted[index] = 1;
    if (only === undefined) continue;
    for (
      let above = parent;
      above >= 0 && wanted[above] === 0;
      above = steps[above]?.parent ?? -1
    ) {
      wanted[above] = 1;
    }
  }
  if (steps.length > 0) wanted[0] = 1;
  return wanted;
}

/** One row, made when it is drawn. */
export function rowOf(tree: StepTree, shown: StepsShown, code: number): StepRow {
  const first = groupAt(code);
  const index = first ?? code;
  const group = first === undefined ? undefined : tree.groups.get(first);
  if (group !== undefined) {
    const level = levelOf(tree, shown, index, group);
    return { kind: 'group', group, level, expanded: shown.openGroups.has(index) };
  }
  const hasChildren = (tree.end[index] ?? 0) > index + 1;
  return {
    kind: 'step',
    step: tree.steps[index] as StepSummary,
    level: levelOf(tree, shown, index),
    expanded: hasChildren && !isFiltered(shown) ? !shown.folded.has(index) : undefined,
  };
}

/** Members of an open group, and all below them, stand one level below the group's row. */
function levelOf(tree: StepTree, shown: StepsShown, index: number, own?: SiblingGroup): number {
  if (shown.only !== undefined) return tree.level[index] ?? 0;
  if (shown.modelsOnly) return index === 0 ? 0 : 1;
  let level = tree.level[index] ?? 0;
  for (const first of shown.openGroups) {
    const group = tree.groups.get(first);
    if (group !== undefined && group !== own && index >= first && index < group.end) level++;
  }
  return level;
}

/** Opens the ancestors and the group of a step, and drops filters that hide it, so that it is shown. */
export function reveal(tree: StepTree, shown: StepsShown, index: number): StepsShown {
  const folded = new Set(shown.folded);
  const openGroups = new Set(shown.openGroups);
  let above = tree.steps[index]?.parent ?? -1;
  for (let left = tree.steps.length; above >= 0 && left > 0; left--) {
    folded.delete(above);
    above = tree.steps[above]?.parent ?? -1;
  }
  for (const [first, group] of tree.groups) {
    if (index >= first && index < group.end) openGroups.add(first);
  }
  const next = { ...shown, folded, openGroups };
  if (!isFiltered(next)) return next;
  const isShown = (each: StepsShown) => wantedSteps(tree, each)[index] === 1;
  const all = { ...next, modelsOnly: false };
  if (isShown(next)) return next;
  return isShown(all) ? all : { ...all, only: undefined };
}

export type GroupFacts = ReturnType<typeof sumOf>;

const knownFacts = new WeakMap<SiblingGroup, GroupFacts>();

/** Numbers of a group, for its one row; summed once, since a group may have 80,000 members. */
export function groupFacts(tree: StepTree, group: SiblingGroup): GroupFacts {
  const known = knownFacts.get(group) ?? sumOf(tree, group);
  knownFacts.set(group, known);
  return known;
}

function sumOf({ steps }: StepTree, { members }: SiblingGroup) {
  // Unknown where no member has it.
  let sum: number | null = null;
  let min: number | null = null;
  let max: number | null = null;
  let start = Number.POSITIVE_INFINITY;
  let stop = Number.NEGATIVE_INFINITY;
  let failed = 0;
  let tokens: number | null = null;
  for (const index of members) {
    const step = steps[index];
    if (step === undefined) continue;
    if (step.error !== null) failed++;
    tokens = plusKnown(tokens, step.tokens);
    if (step.start !== null) start = Math.min(start, step.start);
    if (step.duration === null) continue;
    sum = plusKnown(sum, step.duration);
    min = Math.min(min ?? step.duration, step.duration);
    max = Math.max(max ?? step.duration, step.duration);
    if (step.start !== null) stop = Math.max(stop, step.start + step.duration);
  }
  return { sum, min, max, start, stop, failed, tokens };
}
