/** The texts of one step of two traces as a difference. */

import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense } from 'react';
import type { StepContent, StepSummary, TraceDetail } from '../../../local/src/page-api.js';
import { textOf } from '../json.js';
import { isOtherVersion } from '../server/api-error.js';
import { stepQuery, versionOf } from '../server/queries.js';
import { Failure, Loading } from '../ui/layout/states.js';
import page from '../ui/styles/page.module.css';
import { OneLine } from '../ui/values/visible-text.js';
import type { AlignedRow } from './align-steps.js';
import css from './compare-page.module.css';

const TextDiff = lazy(() => import('./text-diff.js'));

export function StepDifference({
  a,
  b,
  row,
}: {
  readonly a: TraceDetail;
  readonly b: TraceDetail;
  readonly row: AlignedRow | undefined;
}): ReactNode {
  const inA = useContent(a, row?.a);
  const inB = useContent(b, row?.b);
  if (row === undefined) return null;
  for (const content of [inA, inB]) {
    if (isOtherVersion(content?.error)) return <Loading rows={5} />;
    if (content?.isLoadingError) {
      return <Failure error={content.error} retry={() => void content.refetch()} />;
    }
  }
  if (inA?.isPending || inB?.isPending) return <Loading rows={5} />;
  const parts = [
    ['Input', inA?.data?.inputs, inB?.data?.inputs],
    ['Output', inA?.data?.output, inB?.data?.output],
    ['Parameters', inA?.data?.modelParameters, inB?.data?.modelParameters],
  ] as const;
  return (
    <div className={`${page.page} ${css.difference}`}>
      <h2>
        <OneLine text={(row.a ?? row.b)?.name ?? ''} />
      </h2>
      {(row.a === undefined || row.b === undefined) && (
        <p className={css.muted}>This step is only in {row.a === undefined ? 'B' : 'A'}.</p>
      )}
      {parts
        .filter(([, before, after]) => (before ?? after) != null)
        .map(([title, before, after]) => (
          <section key={title}>
            <h3>{title}</h3>
            <Suspense fallback={<Loading rows={3} />}>
              <TextDiff
                before={before == null ? '' : textOf(before)}
                after={after == null ? '' : textOf(after)}
              />
            </Suspense>
          </section>
        ))}
    </div>
  );
}

/** Loads the content of a step; `undefined` if the trace has no such step. */
function useContent(
  detail: TraceDetail,
  step: StepSummary | undefined,
): UseQueryResult<StepContent> | undefined {
  const query = useQuery({
    ...stepQuery(versionOf(detail), step?.index ?? 0),
    enabled: step !== undefined,
  });
  return step === undefined ? undefined : query;
}
