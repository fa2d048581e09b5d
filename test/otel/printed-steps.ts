import type { SpanData } from '@openlayer-tracing/otel/dialects';
import { stepOfSpan } from '@openlayer-tracing/otel/dialects';

/** The steps of spans as a tree, each with all that it holds. Times are left out. */
export function printedSteps(spans: readonly SpanData[]): string {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const isRoot = ({ parentSpanId }: SpanData) =>
    parentSpanId === undefined || !ids.has(parentSpanId);
  const printed = (span: SpanData, indent: string): readonly string[] => [
    ...printedStep(span, indent),
    ...spans
      .filter(({ parentSpanId }) => parentSpanId === span.spanId)
      .flatMap((child) => printed(child, `${indent}   `)),
  ];
  return `${spans
    .filter(isRoot)
    .map((root) => printed(root, '').join('\n'))
    .join('\n\n')}\n`;
}

function printedStep(span: SpanData, indent: string): readonly string[] {
  const { step, dialects, ...about } = stepOfSpan(span);
  const {
    name,
    type,
    startTime: _start,
    endTime: _end,
    inputs,
    output,
    metadata,
    ...fields
  } = step;
  const { timeToFirstToken, ...others } = metadata;
  // It differs from one recording to the next.
  const shown = timeToFirstToken === undefined ? others : { ...others, timeToFirstToken: '…' };
  const facts = { fields, inputs, output, metadata: shown, trace: withoutDefaults(about) };
  return [
    `${indent}└─ ${name} [${type}]  ${dialects.join(', ')}`,
    ...Object.entries(facts)
      .filter(([, value]) => value !== undefined && JSON.stringify(value) !== '{}')
      .map(([key, value]) => `${indent}      ${key}: ${JSON.stringify(value)}`),
  ];
}

function withoutDefaults({ isPending, ...about }: { readonly isPending: boolean }): object {
  return isPending ? { ...about, isPending } : about;
}
