/** The range of time of the list. */

import { Popover } from '@base-ui/react/popover';
import { type ReactNode, useState } from 'react';
import { formatTime, type Zone } from '../format.js';
import { useClock } from '../state/clock.js';
import { RANGES } from '../state/page-state.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { Icon } from '../ui/icons.js';
import controls from '../ui/styles/controls.module.css';
import popup from '../ui/styles/popup.module.css';
import css from './filters.module.css';

const RANGE_WORDS: Readonly<Record<string, string>> = {
  '15m': 'Last 15 minutes',
  '1h': 'Last hour',
  '6h': 'Last 6 hours',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
};

export function TimeRangeButton(): ReactNode {
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
      <Popover.Trigger className={controls.button} title="Range of time">
        <span>{label}</span>
        <Icon name="down" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="end">
          <Popover.Popup className={`${popup.raised} ${popup.form} ${css.popup}`}>
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
                // The fields have whole seconds, and one hour twice a year. The browser may leave seconds out that are 0.
                const read = (name: 'from' | 'to', before: number | undefined) => {
                  const typed = readTime(form.get(name), clock.zone);
                  return typed === readTime(writeTime(before, clock.zone), clock.zone)
                    ? before
                    : typed;
                };
                const next = { from: read('from', from), to: read('to', to) };
                if (next.from !== from || next.to !== to) change({ ...next, last: undefined });
                setOpen(false);
              }}
            >
              <label className={css.field}>
                From ({clock.zone === 'utc' ? 'UTC' : 'local time'})
                <input
                  type="datetime-local"
                  step="1"
                  name="from"
                  className={controls.field}
                  defaultValue={writeTime(from, clock.zone)}
                />
              </label>
              <label className={css.field}>
                To
                <input
                  type="datetime-local"
                  step="1"
                  name="to"
                  className={controls.field}
                  defaultValue={writeTime(to, clock.zone)}
                />
              </label>
              <button type="submit" className={controls.primary}>
                Apply
              </button>
            </form>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function readTime(value: FormDataEntryValue | null, zone: Zone): number | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const time = Date.parse(zone === 'utc' ? `${value}Z` : value);
  return Number.isNaN(time) ? undefined : time;
}

function writeTime(time: number | undefined, zone: Zone): string {
  if (time === undefined) return '';
  const shift = zone === 'utc' ? 0 : new Date(time).getTimezoneOffset() * 60_000;
  return new Date(time - shift).toISOString().slice(0, 19);
}
