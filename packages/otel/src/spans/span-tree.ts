/** The steps of spans, by the span. Everything is held by the span or by the trace, and is freed with them. */

import { processWide, type RecordedSpan, type Step } from '@openlayer-tracing/core/integration';

/** A span that was started, and the step that its children are below. */
export class SpanNode {
  /** The span's parent, if a processor of this process has seen it start. */
  readonly parent: SpanNode | undefined;
  /** Whether it is the span of a request that this process serves. */
  readonly #isServer: boolean;
  #step: Step | undefined;
  #recorded: RecordedSpan | undefined;
  #host: string | undefined;
  #isInert = false;
  #request: 'none' | 'one' | 'several' = 'none';

  constructor(parent: SpanNode | undefined, isServer: boolean) {
    this.parent = parent;
    this.#isServer = isServer;
  }

  /** The step of the span, or the step that the span is a part of. Undefined if the parent has the same step. */
  get step(): Step | undefined {
    return this.#step;
  }

  /** Undefined if the span is not a step. */
  get recorded(): RecordedSpan | undefined {
    return this.#recorded;
  }

  /** The host that a model call is sent to, if the span states it. */
  get host(): string | undefined {
    return this.#host;
  }

  /** Whether the span is known to belong to a request of which nothing is recorded. */
  get isInert(): boolean {
    return this.#isInert;
  }

  /** The closest node from here upwards that has a step, or is inert. */
  get placed(): SpanNode | undefined {
    for (let at: SpanNode | undefined = this; at !== undefined; at = at.parent) {
      if (at.#step !== undefined || at.#isInert) return at;
    }
    return undefined;
  }

  /** Whether the step is the root of the request's trace, which began within the span. */
  get isOfRequest(): boolean {
    return this.#request === 'one';
  }

  /** Nothing is recorded of the request that the span belongs to. */
  markInert(): void {
    this.#isInert = true;
  }

  /** The span is a part of this step. */
  placeAt(step: Step): void {
    this.#step = step;
  }

  /** The span is recorded as a step. @param host that a model call is sent to */
  record(recorded: RecordedSpan, host?: string): void {
    this.#recorded = recorded;
    this.#step = recorded.step;
    this.#host = host;
  }

  /**
   * The trace of a request began within the span: the span of the request stands for its root. If several requests begin
   * within one span, it stands for none of them.
   * @param root undefined if nothing is recorded of the request
   */
  addRequest(root: Step | undefined): void {
    const { top } = this;
    if (!top.#isServer) return;
    const isFirst = top.#request === 'none';
    if (isFirst && this.placed !== undefined) return;
    top.#request = isFirst ? 'one' : 'several';
    top.#step = isFirst ? root : undefined;
    top.#isInert = isFirst && root === undefined;
  }

  /** The topmost span above it of which a processor has seen the start, or the span itself. */
  get top(): SpanNode {
    return this.parent === undefined ? this : this.parent.top;
  }
}

/** A subclass of it adds its private fields to the object that its constructor is given. */
class Itself {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the language has no other way to do it
    return object;
  }
}

/**
 * A field that nobody else can see, of the object with the ids of a span, since some instrumentations wrap the SDK's spans in
 * objects of their own. A WeakMap would be slower, and keep its values for two more garbage collections.
 */
class NodeField extends Itself {
  readonly #node: SpanNode;

  private constructor(ids: object, node: SpanNode) {
    super(ids);
    this.#node = node;
  }

  static nodeOf(ids: object): SpanNode | undefined {
    return #node in ids ? ids.#node : undefined;
  }

  static keepNode(ids: object, node: SpanNode): void {
    new NodeField(ids, node);
  }
}

/** The field, and the class of all nodes: a node reads private fields of the ones above it. */
const nodes = processWide('otel-spans.v3', () => ({
  nodeOf: NodeField.nodeOf,
  keepNode: NodeField.keepNode,
  Node: SpanNode,
}));

/** The node of a span; undefined if no processor of ours has seen it start. */
export function nodeOf(span: object): SpanNode | undefined {
  const ids = idsOf(span);
  return ids && nodes.nodeOf(ids);
}

/**
 * Adds the node of a span that starts, and has none yet.
 * @param isServer whether it is the span of a request that this process serves
 */
export function addNode(span: object, parent: SpanNode | undefined, isServer: boolean): SpanNode {
  const node = new nodes.Node(parent, isServer);
  const ids = idsOf(span);
  if (ids !== undefined) nodes.keepNode(ids, node);
  return node;
}

function idsOf(span: object): object | undefined {
  return (span as { spanContext?: () => object | undefined }).spanContext?.();
}
