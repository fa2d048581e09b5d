/** A JSON value as a tree: unfolded, searched and copied, whatever its size. */

import { type ReactNode, useDeferredValue, useId, useMemo, useRef, useState } from 'react';
import { formatCount, plural } from '../format.js';
import { textOf } from '../json.js';
import { toggled } from '../toggled.js';
import { CopyButton } from '../ui/controls/copy-button.js';
import { Grid, type GridHandle } from '../ui/grid/grid.js';
import { Icon } from '../ui/icons.js';
import { LongText } from '../ui/values/long-text.js';
import { VisibleText } from '../ui/values/visible-text.js';
import {
  findInJson,
  firstExpanded,
  type JsonRow,
  jsonRows,
  pathText,
  placesAbove,
} from './json-rows.js';
import css from './json-tree.module.css';

const MAX_FOUND = 1000;
const MAX_VALUE = 240;
const ROW_HEIGHT = 20;
const MAX_INDENTS = 30;

export function JsonTree({
  value,
  label,
}: {
  readonly value: unknown;
  readonly label: string;
}): ReactNode {
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(() => firstExpanded(value));
  const [active, setActive] = useState(-1);
  const [words, setWords] = useState('');
  const [place, setPlace] = useState(0);
  const grid = useRef<GridHandle>(null);
  const field = useId();
  const sought = useDeferredValue(words);
  const rows = useMemo(() => jsonRows(value, expanded), [value, expanded]);
  const found = useMemo(() => findInJson(value, sought.trim(), MAX_FOUND), [value, sought]);
  const hits = useMemo(() => new Set(found.map(({ id }) => id)), [found]);
  const row = rows[active];

  const toggle = (index: number) => {
    const id = rows[index]?.id;
    if (id !== undefined) setExpanded(toggled(expanded, id));
  };
  const go = (to: number) => {
    if (found.length === 0) return;
    const next = (to + found.length) % found.length;
    const hit = found[next];
    if (hit === undefined) return;
    const open = new Set([...expanded, ...placesAbove(hit)]);
    const index = jsonRows(value, open).findIndex(({ id }) => id === hit.id);
    setPlace(next);
    setExpanded(open);
    setActive(index);
    requestAnimationFrame(() => grid.current?.show(index, 'center'));
  };

  if (typeof value !== 'object' || value === null) return <JsonLeaf value={value} />;
  const height = Math.min(rows.length * ROW_HEIGHT + 2, 24 * ROW_HEIGHT);
  return (
    <div className={css.json}>
      <div className={css.tools}>
        <label className={css.find} htmlFor={field}>
          <Icon name="search" />
          <span className="visually-hidden">Find in {label}</span>
        </label>
        <input
          id={field}
          placeholder="Find"
          value={words}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            setWords(event.target.value);
            setPlace(-1);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') go(place + (event.shiftKey ? -1 : 1));
            else if (event.key !== 'Escape') return;
            else setWords('');
            event.stopPropagation();
          }}
        />
        {words !== '' && (
          <span className={css.count} aria-live="polite">
            {found.length === 0
              ? 'no match'
              : `${place < 0 ? '' : `${formatCount(place + 1)} of `}${formatCount(found.length)}${found.length === MAX_FOUND ? '+' : ''}`}
          </span>
        )}
        <span className={css.gap} />
        {row !== undefined && row.parent !== undefined && (
          <CopyButton text={pathText(row)} title={`Copy the path ${pathText(row).slice(0, 200)}`}>
            Path
          </CopyButton>
        )}
        <CopyButton
          text={() => textOf(row === undefined ? value : row.value)}
          title={row === undefined ? `Copy ${label}` : 'Copy the value of the row'}
        >
          {row === undefined ? 'Copy' : 'Value'}
        </CopyButton>
      </div>
      <div className={css.tree} style={{ height }}>
        <Grid<JsonRow>
          label={label}
          role="treegrid"
          handle={grid}
          count={rows.length}
          rowAt={(index) => rows[index] as JsonRow}
          factsOf={(each) => ({
            key: each.id,
            level: each.level + 1,
            expanded: each.size === undefined || each.size === 0 ? undefined : each.expanded,
          })}
          rowHeight={ROW_HEIGHT}
          active={active}
          onActive={setActive}
          onToggle={toggle}
          onOpen={toggle}
          parentOf={(index) => {
            const level = rows[index]?.level ?? 0;
            let above = index - 1;
            while (above > 0 && (rows[above]?.level ?? 0) >= level) above--;
            return Math.max(0, above);
          }}
          renderRow={(each, index) => (
            <div
              role="gridcell"
              className={css.cell}
              data-hit={hits.has(each.id) || undefined}
              style={{ paddingLeft: 4 + Math.min(each.level, MAX_INDENTS) * 14 }}
            >
              <span
                className={css.toggle}
                aria-hidden="true"
                onClick={() => {
                  if (each.size !== undefined && each.size > 0) toggle(index);
                }}
              >
                {each.size !== undefined && each.size > 0 && (
                  <Icon name={each.expanded ? 'down' : 'right'} />
                )}
              </span>
              {each.name !== undefined && (
                <span className={typeof each.name === 'number' ? css.place : css.name}>
                  <VisibleText text={String(each.name).slice(0, 200)} />:
                </span>
              )}
              <Value row={each} />
            </div>
          )}
        />
      </div>
      {row !== undefined && typeof row.value === 'string' && row.value.length > 80 && (
        <div className={css.whole}>
          <LongText key={row.id} text={row.value} isCode />
        </div>
      )}
    </div>
  );
}

function JsonLeaf({ value }: { readonly value: unknown }): ReactNode {
  if (typeof value === 'string') return <LongText text={value} />;
  return <code>{value === undefined ? '–' : JSON.stringify(value)}</code>;
}

function Value({
  row: { value, size, expanded, isFromText },
}: {
  readonly row: JsonRow;
}): ReactNode {
  if (size !== undefined) {
    const isArray = Array.isArray(value);
    return (
      <span className={css.branch}>
        {isArray ? '[' : '{'}
        {!expanded && (size === 0 ? '' : '…')}
        {!expanded && (isArray ? ']' : '}')}
        <span className={css.size}>
          {size > 0 && ` ${plural(size, isArray ? 'item' : 'key')}`}
          {isFromText && ' · JSON in a string'}
        </span>
      </span>
    );
  }
  if (typeof value === 'string') {
    const isCut = value.length > MAX_VALUE;
    return (
      <bdi className={css.string}>
        "<VisibleText text={(isCut ? value.slice(0, MAX_VALUE) : value).replaceAll('\n', '↵')} />
        {isCut ? '…' : '"'}
        {isCut && <span className={css.size}> {plural(value.length, 'character')}</span>}
      </bdi>
    );
  }
  return <span className={css.constant}>{JSON.stringify(value) ?? String(value)}</span>;
}
