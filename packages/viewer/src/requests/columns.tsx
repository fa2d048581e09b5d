/** The columns of the list. */

import type { ReactNode } from 'react';
import type { SortColumn, TraceSummary } from '../../../local/src/page-api.js';
import {
  type Clock,
  cutMiddle,
  formatBytes,
  formatCount,
  formatDuration,
  formatExactTime,
  formatTime,
  UNKNOWN,
} from '../format.js';
import { Cost } from '../ui/values/cost.js';
import { FeedbackSign } from '../ui/values/feedback-sign.js';
import { OutcomeSign } from '../ui/values/outcome-sign.js';
import { Preview } from '../ui/values/preview.js';
import { Status } from '../ui/values/status.js';
import { OneLine, VisibleText } from '../ui/values/visible-text.js';
import css from './columns.module.css';

interface Column {
  readonly label: string;
  /** The track of the CSS grid. */
  readonly width: string;
  /** Smallest width in pixels: below the sum of these the list scrolls sideways. */
  readonly minWidth: number;
  readonly isNumber?: boolean;
  readonly sort?: SortColumn;
  readonly render: (trace: TraceSummary, clock: Clock & { readonly now: number }) => ReactNode;
}

export const COLUMNS = {
  outcome: {
    label: 'Outcome',
    width: '28px',
    minWidth: 28,
    render: (trace) => <OutcomeSign trace={trace} />,
  },
  time: {
    label: 'Time',
    width: '104px',
    minWidth: 104,
    sort: 'time',
    render: ({ time }, clock) => (
      <time title={formatExactTime(time, clock.zone)}>{formatTime(time, clock.now, clock)}</time>
    ),
  },
  name: {
    label: 'Name',
    width: 'minmax(84px, 1fr)',
    minWidth: 84,
    render: ({ name }) => <OneLine text={name.length > 200 ? cutMiddle(name, 200) : name} />,
  },
  preview: {
    label: 'Input and output',
    width: 'minmax(140px, 3fr)',
    minWidth: 140,
    render: (trace) => <Preview trace={trace} />,
  },
  status: {
    label: 'Status',
    width: '52px',
    minWidth: 52,
    isNumber: true,
    render: ({ status }) => <Status status={status} />,
  },
  latency: {
    label: 'Latency',
    width: '80px',
    minWidth: 80,
    isNumber: true,
    sort: 'latency',
    render: ({ latency }) => <Duration ms={latency} />,
  },
  firstByte: {
    label: 'First byte',
    width: '80px',
    minWidth: 80,
    isNumber: true,
    sort: 'firstByte',
    render: ({ firstByte }) => <Duration ms={firstByte} />,
  },
  firstToken: {
    label: 'First token',
    width: '84px',
    minWidth: 84,
    isNumber: true,
    sort: 'firstToken',
    render: ({ firstToken }) => <Duration ms={firstToken} />,
  },
  tokens: {
    label: 'Tokens',
    width: '68px',
    minWidth: 68,
    isNumber: true,
    sort: 'tokens',
    render: ({ tokens, promptTokens, completionTokens }) => (
      <span
        title={
          tokens === null
            ? 'No step has a token count'
            : `${formatCount(promptTokens)} in, ${formatCount(completionTokens)} out`
        }
      >
        {formatCount(tokens)}
      </span>
    ),
  },
  cost: {
    label: 'Cost',
    width: '100px',
    minWidth: 100,
    isNumber: true,
    sort: 'cost',
    render: ({ cost, unpricedCalls }) => <Cost cost={cost} unpricedCalls={unpricedCalls} />,
  },
  models: {
    label: 'Model',
    width: 'minmax(90px, 0.7fr)',
    minWidth: 90,
    render: ({ models }) => <OneLine text={models.join(', ') || UNKNOWN} />,
  },
  user: {
    label: 'User',
    width: 'minmax(70px, 0.5fr)',
    minWidth: 70,
    render: ({ user }) => <OneLine text={cutMiddle(user ?? UNKNOWN, 40)} />,
  },
  session: {
    label: 'Session',
    width: 'minmax(70px, 0.5fr)',
    minWidth: 70,
    render: ({ session }) => <OneLine text={cutMiddle(session ?? UNKNOWN, 40)} />,
  },
  feedback: {
    label: 'Feedback',
    width: '72px',
    minWidth: 72,
    render: ({ feedback }) =>
      feedback === null ? (
        <span title="No feedback yet">{UNKNOWN}</span>
      ) : (
        <FeedbackSign feedback={feedback} />
      ),
  },
  inferenceId: {
    label: 'Inference ID',
    width: 'minmax(120px, 0.8fr)',
    minWidth: 120,
    render: ({ inferenceId }) => (
      <span className={css.id} title={inferenceId.slice(0, 300).toWellFormed()}>
        <VisibleText text={cutMiddle(inferenceId, 26)} />
      </span>
    ),
  },
  route: {
    label: 'Route',
    width: 'minmax(90px, 0.7fr)',
    minWidth: 90,
    render: ({ route }) => <OneLine text={route ?? UNKNOWN} />,
  },
  steps: {
    label: 'Steps',
    width: '60px',
    minWidth: 60,
    isNumber: true,
    sort: 'steps',
    render: ({ steps }) => formatCount(steps),
  },
  bytes: {
    label: 'Size',
    width: '72px',
    minWidth: 72,
    isNumber: true,
    sort: 'bytes',
    render: ({ bytes }) => formatBytes(bytes),
  },
  marks: {
    label: 'Marks',
    width: 'minmax(80px, 0.5fr)',
    minWidth: 80,
    render: ({ marks }) => <OneLine text={marks.join(', ') || UNKNOWN} />,
  },
} as const satisfies Readonly<Record<string, Column>>;

export type ColumnName = keyof typeof COLUMNS;

export const COLUMN_NAMES = Object.keys(COLUMNS) as readonly ColumnName[];
const DEFAULT_COLUMNS: readonly ColumnName[] = [
  ...(['outcome', 'time', 'name', 'preview', 'status', 'latency', 'firstToken'] as const),
  ...(['tokens', 'cost', 'user', 'session', 'feedback'] as const),
];
/** Columns of the list beside an open trace. */
export const FEW_COLUMNS: readonly ColumnName[] = ['outcome', 'time', 'name', 'preview', 'latency'];

export function columnOf(name: ColumnName): Column {
  return COLUMNS[name];
}

/** The columns of an address, in the order of this list. */
export function columnsIn(names: readonly string[] | undefined): readonly ColumnName[] {
  if (names === undefined) return DEFAULT_COLUMNS;
  const chosen = COLUMN_NAMES.filter((name) => names.includes(name));
  return chosen.length > 0 ? chosen : DEFAULT_COLUMNS;
}

function Duration({ ms }: { readonly ms: number | null }): ReactNode {
  return <span title={ms === null ? 'Not recorded' : `${ms} ms`}>{formatDuration(ms)}</span>;
}
