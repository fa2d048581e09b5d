import type { WireStep } from '@openlayer-tracing/core/wire';
import { plusKnown } from '../reading/known-values.js';
import { isModelCall } from '../reading/steps.js';
import { cutText } from '../values/cut-text.js';
import { rounded } from '../values/rounded.js';
import type { TraceNode } from './trace-node.js';

/** Deeper steps are put beside their parents, so that a row can be written and checked recursively. */
const MAX_DEPTH = 500;

/** The id of a root step that no span stands for: no span has it. */
export const STAND_IN_ID = '0000000000000000';
const MAX_MISSING = 20;

/** The steps of one trace as a tree. */
export interface TraceTree {
  readonly root: WireStep;
  /** The span that stands for the whole trace: the root, or the best of several. */
  readonly main: TraceNode;
  /** Sums over the model calls that have no model call below; null if none has the count. */
  readonly tokens: number | null;
  readonly cost: number | null;
}

/** A step whose children are added to `steps`. */
interface Branch {
  readonly node: TraceNode;
  readonly steps: WireStep[];
  readonly parent: Branch | undefined;
  readonly depth: number;
  hasModelCallBelow: boolean;
}

/**
 * Puts the steps of a trace into a tree, in whatever order they came. A step whose parent is missing, or that is above its
 * own parent, is at the top. If several steps are at the top, a stand-in becomes the root.
 * @param nodes by span id; at least one
 */
export function treeOf(nodes: ReadonlyMap<string, TraceNode>): TraceTree {
  const children = new Map<string, TraceNode[]>();
  const tops: TraceNode[] = [];
  for (const node of [...nodes.values()].sort(byStart)) {
    const { parentId } = node;
    if (parentId === undefined || !nodes.has(parentId)) tops.push(node);
    else {
      const siblings = children.get(parentId);
      if (siblings) siblings.push(node);
      else children.set(parentId, [node]);
    }
  }
  const placed = new Map<string, Branch>();
  for (const top of tops) place(top, children, placed);
  for (const node of nodes.values()) {
    // Only steps of a cycle are left, and steps below one.
    if (placed.has(node.spanId)) continue;
    const top = firstOfCycle(node, nodes);
    tops.push(top);
    place(top, children, placed);
  }
  tops.sort((a, b) => rankOf(a) - rankOf(b) || byStart(a, b));
  const { steps, tokens, cost } = finish([...placed.values()]);
  const [main, ...others] = tops;
  if (!main) throw new Error('a trace without spans');
  const topSteps = tops.map(({ spanId }) => steps.get(spanId)).filter((step) => step !== undefined);
  const [mainStep] = topSteps;
  if (!mainStep) throw new Error('a span without a step');
  const root = others.length === 0 ? mainStep : standIn(mainStep, tops, topSteps);
  return { root, main, tokens, cost };
}

/** By their ids where they began at the same time, so that the order of arrival does not matter. */
function byStart(a: TraceNode, b: TraceNode): number {
  return a.step.startTime - b.step.startTime || (a.spanId < b.spanId ? -1 : 1);
}

/** The step of a cycle that began first. @param node in the cycle or below it */
function firstOfCycle(node: TraceNode, nodes: ReadonlyMap<string, TraceNode>): TraceNode {
  const above = (each: TraceNode) => nodes.get(each.parentId ?? '') ?? each;
  const seen = new Set<TraceNode>();
  let each = node;
  for (; !seen.has(each); each = above(each)) seen.add(each);
  let first = each;
  for (let next = above(each); next !== each; next = above(next)) {
    if (byStart(next, first) < 0) first = next;
  }
  return first;
}

/** Steps without a parent come first, then those that another process called, then those whose parent is missing. */
export function rankOf({ parentId, isRemote }: TraceNode): number {
  if (parentId === undefined) return 0;
  return isRemote ? 1 : 2;
}

/** Adds a step and all below it, each once, to `placed`: parents before their children. */
function place(
  top: TraceNode,
  children: ReadonlyMap<string, readonly TraceNode[]>,
  placed: Map<string, Branch>,
): void {
  const stack: { readonly node: TraceNode; readonly parent: Branch | undefined }[] = [
    { node: top, parent: undefined },
  ];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { node } = next;
    if (placed.has(node.spanId)) continue;
    const parent = next.parent && next.parent.depth >= MAX_DEPTH ? next.parent.parent : next.parent;
    const depth = parent ? parent.depth + 1 : 0;
    const branch = { node, steps: [], parent, depth, hasModelCallBelow: false };
    placed.set(node.spanId, branch);
    const below = children.get(node.spanId) ?? [];
    for (let i = below.length - 1; i >= 0; i -= 1) {
      const child = below[i];
      if (child) stack.push({ node: child, parent: branch });
    }
  }
}

/** Makes the steps, and adds each to its parent. @param branches parents before their children */
function finish(branches: readonly Branch[]): {
  readonly steps: ReadonlyMap<string, WireStep>;
  readonly tokens: number | null;
  readonly cost: number | null;
} {
  let tokens: number | null = null;
  let cost: number | null = null;
  for (const { node, parent, hasModelCallBelow } of [...branches].reverse()) {
    if (parent && (hasModelCallBelow || isModelCall(node.step))) parent.hasModelCallBelow = true;
  }
  const steps = new Map<string, WireStep>();
  for (const { node, steps: own, parent, hasModelCallBelow } of branches) {
    const isCounted = isModelCall(node.step) && !hasModelCallBelow;
    const step: WireStep = { ...(isCounted ? node.step : withoutCounts(node.step)), steps: own };
    if (isCounted) {
      tokens = plusKnown(tokens, numberOf(step.tokens) ?? bothOf(step));
      cost = plusKnown(cost, numberOf(step.cost));
    }
    steps.set(node.spanId, step);
    parent?.steps.push(step);
  }
  return { steps, tokens, cost };
}

const COUNTS = ['promptTokens', 'completionTokens', 'tokens', 'cost', 'usageDetails'] as const;

/**
 * A model call without its counts, which go to its metadata: the model calls below it have the same tokens. Two
 * instrumentations of one call make such spans.
 */
function withoutCounts(step: WireStep): WireStep {
  if (!isModelCall(step)) return step;
  const { usageDetails: _, ...rest } = step;
  const usage: Record<string, WireStep[string]> = {};
  const cleared: Record<string, null> = {};
  for (const name of COUNTS) {
    if (step[name] !== undefined && step[name] !== null) usage[name] = step[name];
    if (name !== 'usageDetails' && Object.hasOwn(step, name)) cleared[name] = null;
  }
  if (Object.keys(usage).length === 0) return step;
  const metadata = { ...step.metadata, usage } as WireStep['metadata'];
  return { ...(rest as WireStep), ...cleared, metadata };
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function bothOf({ promptTokens, completionTokens }: WireStep): number | null {
  const prompt = numberOf(promptTokens);
  const completion = numberOf(completionTokens);
  return prompt === null || completion === null ? null : prompt + completion;
}

/** A root for several steps. It shows what the main one has. */
function standIn(main: WireStep, tops: readonly TraceNode[], steps: readonly WireStep[]): WireStep {
  const missing = [...new Set(tops.map(({ parentId }) => parentId))].filter(
    (id) => id !== undefined,
  );
  const startTime = Math.min(...steps.map((step) => step.startTime));
  const endTime = Math.max(...steps.map((step) => step.endTime));
  return {
    name: `${cutText(main.name, 200)} and ${tops.length - 1} more`,
    id: STAND_IN_ID,
    type: 'chain',
    inputs: main.inputs,
    output: main.output,
    groundTruth: null,
    metadata: {
      ...main.metadata,
      standIn: 'This step is no span: it holds the spans whose parents are unknown.',
      otel: { ...(missing.length > 0 && { missing_parents: missing.slice(0, MAX_MISSING) }) },
    },
    steps,
    latency: rounded(endTime - startTime),
    startTime,
    endTime,
  };
}
