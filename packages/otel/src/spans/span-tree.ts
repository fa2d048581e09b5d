/** The steps of spans, by the span. Everything is held by the span or by the trace, and goes with them. */

import { processWide, type RecordedSpan, type Step } from '@openlayer-tracing/core/integration';

/** A span that was started, and the step that its children are below. */
export class SpanNode {
  /** The span's parent, if a processor of this process has seen it start. */
  readonly parent: SpanNode | undefined;
  /** The step of the span, or of what it is a part of; undefined if that of the parent is its own. */
  step: Step | undefined;
  /** Undefined if the span is not a step. */
  recorded: RecordedSpan | undefined;
  /** The host that a model call is sent to, if the span states it. */
  host: string | undefined;
  /** Whether the span is known to belong to a request of which nothing is recorded. */
  isInert = false;
  /** Whether it is the span of a request that this process serves. */
  readonly #isServer: boolean;
  #request: 'none' | 'one' | 'several' = 'none';

  constructor(parent: SpanNode | undefined, isServer: boolean) {
    this.parent = parent;
    this.#isServer = isServer;
  }

  /** The closest node from here upwards that has a step, or is inert. */
  get placed(): SpanNode | undefined {
    for (let at: SpanNode | undefined = this; at !== undefined; at = at.parent) {
      if (at.step !== undefined || at.isInert) return at;
    }
    return undefined;
  }

  /** Whether the step is the root of the request's trace, which began within the span. */
  get isOfRequest(): boolean {
    return this.#request === 'one';
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
    top.step = isFirst ? root : undefined;
    top.isInert = isFirst && root === undefined;
  }

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

interface SpanNodes {
  nodeOf(ids: object): SpanNode | undefined;
  keepNode(ids: object, node: SpanNode): void;
}

/**
 * A field that nobody else can see, of the object with the ids of a span, since some instrumentations wrap the SDK's spans in
 * objects of their own. A WeakMap would be slower, and keep its values for two more garbage collections.
 */
class NodeField extends Itself {
  #node: SpanNode;

  private constructor(ids: object, node: SpanNode) {
    super(ids);
    this.#node = node;
  }

  static nodeOf(ids: object): SpanNode | undefined {
    return #node in ids ? ids.#node : undefined;
  }

  static keepNode(ids: object, node: SpanNode): void {
    if (#node in ids) ids.#node = node;
    else new NodeField(ids, node);
  }
}

const nodes = processWide<SpanNodes>('otel-spans.v2', () => NodeField);

/** The node of a span; undefined if no processor of ours has seen it start. */
export function nodeOf(span: object): SpanNode | undefined {
  const ids = idsOf(span);
  return ids && nodes.nodeOf(ids);
}

export function keepNode(span: object, node: SpanNode): void {
  const ids = idsOf(span);
  if (ids !== undefined) nodes.keepNode(ids, node);
}

function idsOf(span: object): object | undefined {
  return (span as { spanContext?: () => object | undefined }).spanContext?.();
}
