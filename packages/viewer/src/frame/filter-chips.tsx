/** The filter of the list: chips that are edited and removed, and the range of time. */

import { Popover } from '@base-ui/react/popover';
import { type FormEvent, type ReactNode, useState } from 'react';
import { formatCost, formatCount, formatDuration, formatTime } from '../format.js';
import { useClock } from '../state/clock.js';
import {
  DIALECTS,
  FEEDBACK,
  FILTERS,
  MARKS,
  OUTCOMES,
  type PageState,
  RANGES,
} from '../state/page-state.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { Icon } from '../ui/icons.js';
import bar from './bar.module.css';
import css from './filters.module.css';

type Field =
  | {
      readonly kind: 'choices';
      readonly label: string;
      readonly choices: readonly string[];
      readonly free?: boolean;
    }
  | { readonly kind: 'texts'; readonly label: string }
  | { readonly kind: 'choice'; readonly label: string; readonly choices: readonly string[] }
  | {
      readonly kind: 'number';
      readonly label: string;
      readonly unit: string;
      readonly show: (value: number) => string;
    }
  | { readonly kind: 'flag'; readonly label: string };

type FieldName = Exclude<(typeof FILTERS)[number], 'q' | 'from' | 'to' | 'last'>;

const FIELDS: Readonly<Record<FieldName, Field>> = {
  outcome: { kind: 'choices', label: 'Outcome', choices: OUTCOMES },
  failed: { kind: 'flag', label: 'Failed' },
  status: { kind: 'choices', label: 'Status', choices: ['2xx', '3xx', '4xx', '5xx'], free: true },
  route: { kind: 'texts', label: 'Route' },
  name: { kind: 'texts', label: 'Name' },
  model: { kind: 'texts', label: 'Model' },
  user: { kind: 'texts', label: 'User' },
  session: { kind: 'texts', label: 'Session' },
  feedback: { kind: 'choice', label: 'Feedback', choices: FEEDBACK },
  minLatency: { kind: 'number', label: 'Latency from', unit: 'ms', show: formatDuration },
  maxLatency: { kind: 'number', label: 'Latency up to', unit: 'ms', show: formatDuration },
  minTokens: { kind: 'number', label: 'Tokens from', unit: 'tokens', show: formatCount },
  minCost: { kind: 'number', label: 'Cost from', unit: 'dollars', show: formatCost },
  mark: { kind: 'choices', label: 'Marked as', choices: MARKS },
  dialect: { kind: 'choices', label: 'Written by', choices: DIALECTS },
  pipeline: { kind: 'texts', label: 'Pipeline' },
};
const NAMES = Object.keys(FIELDS) as readonly FieldName[];

export function FilterChips(): ReactNode {
  const state = usePageState();
  const change = useChangePageState();
  const set = NAMES.filter((name) => state[name] !== undefined);
  return (
    <div className={css.chips} role="group" aria-label="Filters">
      {set.map((name) => (
        <span key={name} className={css.chip}>
          <EditorPopover name={name} label={chipText(name, state)} className={css.edit} />
          <button
            type="button"
            aria-label={`Remove the filter ${FIELDS[name].label}`}
            onClick={() => change({ [name]: undefined })}
          >
            <Icon name="close" />
          </button>
        </span>
      ))}
      <EditorPopover name={undefined} label="Filter" className={css.add} />
      {set.length > 1 && (
        <button
          type="button"
          className={css.clear}
          onClick={() => change(Object.fromEntries(FILTERS.map((name) => [name, undefined])))}
        >
          Clear all
        </button>
      )}
    </div>
  );
}

function chipText(name: FieldName, state: PageState): string {
  const field = FIELDS[name];
  const value = state[name];
  if (field.kind === 'flag') return field.label;
  if (field.kind === 'number') return `${field.label} ${field.show(Number(value))}`;
  const all = Array.isArray(value) ? value : [value];
  return `${field.label} ${all.join(' or ')}`;
}

function EditorPopover({
  name,
  label,
  className,
}: {
  readonly name: FieldName | undefined;
  readonly label: string;
  readonly className: string | undefined;
}): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const [chosen, setChosen] = useState<FieldName>('outcome');
  const field = name ?? chosen;
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger className={className} title={name === undefined ? undefined : label}>
        {name === undefined && <Icon name="plus" />}
        <span>{label}</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="start">
          <Popover.Popup className={css.popup}>
            <Popover.Title className={css.title}>
              {name === undefined ? 'Add a filter' : FIELDS[name].label}
            </Popover.Title>
            {name === undefined && (
              <select
                aria-label="What to filter by"
                className={css.input}
                value={chosen}
                onChange={(event) => setChosen(event.target.value as FieldName)}
              >
                {NAMES.map((each) => (
                  <option key={each} value={each}>
                    {FIELDS[each].label}
                  </option>
                ))}
              </select>
            )}
            <Editor key={field} name={field} onDone={() => setOpen(false)} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Editor({
  name,
  onDone,
}: {
  readonly name: FieldName;
  readonly onDone: () => void;
}): ReactNode {
  const state = usePageState();
  const change = useChangePageState();
  const field = FIELDS[name];
  const before = state[name];
  const apply = (value: unknown) => {
    change({ [name]: value });
    onDone();
  };
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const typed = String(form.get('text') ?? '').trim();
    if (field.kind === 'flag') apply(true);
    else if (field.kind === 'number') apply(typed === '' ? undefined : Number(typed));
    else if (field.kind === 'choice') apply(form.get('choice') ?? undefined);
    else {
      const all = [...form.getAll('choice').map(String), ...split(typed)];
      if (name === 'pipeline') apply(all[0]);
      else apply(all.length > 0 ? all : undefined);
    }
  };
  const values = (Array.isArray(before) ? before : [before]).filter((each) => each !== undefined);
  const choices = 'choices' in field ? field.choices : [];
  const free = values.filter((each) => !choices.includes(String(each)));
  return (
    <form className={css.form} onSubmit={onSubmit}>
      {choices.map((choice) => (
        <label key={choice} className={css.choice}>
          <input
            type={field.kind === 'choice' ? 'radio' : 'checkbox'}
            name="choice"
            value={choice}
            defaultChecked={values.map(String).includes(choice)}
          />
          {choice}
        </label>
      ))}
      {(field.kind === 'texts' || (field.kind === 'choices' && field.free)) && (
        <input
          name="text"
          className={css.input}
          aria-label={`${field.label}; several separated by commas`}
          placeholder={
            field.kind === 'texts' ? 'Several are separated by commas' : 'Or numbers: 429, 503'
          }
          defaultValue={free.join(', ')}
          autoComplete="off"
          spellCheck={false}
        />
      )}
      {field.kind === 'number' && (
        <label className={css.choice}>
          <input
            name="text"
            type="number"
            min="0"
            step="any"
            className={css.input}
            aria-label={field.label}
            defaultValue={before === undefined ? '' : String(before)}
          />
          {field.unit}
        </label>
      )}
      {field.kind === 'flag' && (
        <p className={css.note}>
          Requests with an error or a status of 500 or more, and those abandoned or interrupted.
        </p>
      )}
      <button type="submit" className={css.apply}>
        Apply
      </button>
    </form>
  );
}

function split(typed: string): string[] {
  return typed
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

const RANGE_WORDS: Readonly<Record<string, string>> = {
  '15m': 'Last 15 minutes',
  '1h': 'Last hour',
  '6h': 'Last 6 hours',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
};

export function RangeButton(): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const { last, from, to } = usePageState();
  const change = useChangePageState();
  const clock = useClock();
  const at = (time: number | undefined, otherwise: string) =>
    time === undefined ? otherwise : formatTime(time, clock.now, { ...clock, style: 'absolute' });
  const isCustom = from !== undefined || to !== undefined;
  const label = isCustom
    ? `${at(from, 'start')} to ${at(to, 'now')}`
    : last === undefined
      ? 'All time'
      : (RANGE_WORDS[last] ?? last);
  const pick = (range: string | undefined) => {
    change({ last: range, from: undefined, to: undefined });
    setOpen(false);
  };
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger className={bar.button} title="Range of time">
        <span>{label}</span>
        <Icon name="down" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="end">
          <Popover.Popup className={css.popup}>
            <Popover.Title className={css.title}>Range of time</Popover.Title>
            <div className={css.ranges}>
              <button
                type="button"
                aria-pressed={!isCustom && last === undefined}
                onClick={() => pick(undefined)}
              >
                All time
              </button>
              {Object.keys(RANGES).map((range) => (
                <button
                  key={range}
                  type="button"
                  aria-pressed={last === range}
                  onClick={() => pick(range)}
                >
                  {RANGE_WORDS[range]}
                </button>
              ))}
            </div>
            <form
              className={css.form}
              onSubmit={(event) => {
                event.preventDefault();
                const form = new FormData(event.currentTarget);
                change({
                  last: undefined,
                  from: readTime(form.get('from'), clock.zone),
                  to: readTime(form.get('to'), clock.zone),
                });
                setOpen(false);
              }}
            >
              <label className={css.field}>
                From ({clock.zone === 'utc' ? 'UTC' : 'local time'})
                <input
                  type="datetime-local"
                  step="1"
                  name="from"
                  className={css.input}
                  defaultValue={writeTime(from, clock.zone)}
                />
              </label>
              <label className={css.field}>
                To
                <input
                  type="datetime-local"
                  step="1"
                  name="to"
                  className={css.input}
                  defaultValue={writeTime(to, clock.zone)}
                />
              </label>
              <button type="submit" className={css.apply}>
                Apply
              </button>
            </form>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function readTime(value: FormDataEntryValue | null, zone: 'utc' | 'local'): number | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const time = Date.parse(zone === 'utc' ? `${value}Z` : value);
  return Number.isNaN(time) ? undefined : time;
}

function writeTime(time: number | undefined, zone: 'utc' | 'local'): string {
  if (time === undefined) return '';
  const shift = zone === 'utc' ? 0 : new Date(time).getTimezoneOffset() * 60_000;
  return new Date(time - shift).toISOString().slice(0, 19);
}
