/** A JSON value as a tree: unfolded, searched and copied, whatever its size. */

import { type ReactNode, useDeferredValue, useId, useMemo, useRef, useState } from 'react';
import { beginOf, formatCount, plural } from '../format.js';
import { jsonText, textOf } from '../json.js';
import { toggled } from '../toggled.js';
import { CopyButton } from '../ui/controls/copy-button.js';
import { Grid, type GridHandle } from '../ui/grid/grid.js';
import { Icon } from '../ui/icons.js';
import { LongText } from '../ui/values/long-text.js';
import { VisibleText } from '../ui/values/visible-text.js';
import {
  findInJson,
  firstExpanded,
  JsonIds,
  type JsonRow,
  JsonRows,
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
  // The same value may come again with other members: what is unfolded and selected stays.
  const [ids] = useState(() => new JsonIds());
  const [expanded, setExpanded] = useState(() => firstExpanded(value, ids));
  const [selected, setSelected] = useState<number>();
  const [words, setWords] = useState('');
  const [place, setPlace] = useState(-1);
  const grid = useRef<GridHandle>(null);
  const field = useId();
  const sought = useDeferredValue(words);
  const rows = useMemo(() => new JsonRows(value, expanded, ids), [value, expanded, ids]);
  const found = useMemo(
    () => findInJson(value, sought.trim(), { max: MAX_FOUND, ids }),
    [value, sought, ids],
  );
  const hits = useMemo(() => new Set(found.map(({ id }) => id)), [found]);
  const active = useMemo(
    () => (selected === undefined ? -1 : rows.indexOf(selected)),
    [rows, selected],
  );
  const row = active < 0 ? undefined : rows.rowAt(active);

  const toggle = (index: number) => {
    setExpanded(toggled(expanded, rows.rowAt(index).id));
  };
  const go = (to: number) => {
    // Enter may come before the words that were typed last have been sought.
    const places =
      words === sought ? found : findInJson(value, words.trim(), { max: MAX_FOUND, ids });
    if (places.length === 0) return;
    const next = (to + places.length) % places.length;
    const hit = places[next];
    if (hit === undefined) return;
    const open = new Set([...expanded, ...placesAbove(hit)]);
    const index = new JsonRows(value, open, ids).indexOf(hit.id);
    setPlace(next);
    setExpanded(open);
    setSelected(hit.id);
    requestAnimationFrame(() => grid.current?.show(index, 'center'));
  };

  if (typeof value !== 'object' || value === null) return <JsonLeaf value={value} />;
  const height = Math.min(rows.count * ROW_HEIGHT + 2, 24 * ROW_HEIGHT);
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
            if (event.key === 'Enter') go(event.shiftKey ? Math.max(place, 0) - 1 : place + 1);
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
          count={rows.count}
          rowAt={(index) => rows.rowAt(index)}
          factsOf={(each) => ({
            key: each.id,
            level: each.level + 1,
            expanded: each.size === undefined || each.size === 0 ? undefined : each.expanded,
          })}
          rowHeight={ROW_HEIGHT}
          active={active}
          onActive={(index) => setSelected(rows.rowAt(index).id)}
          onToggle={toggle}
          onOpen={toggle}
          parentOf={(index) => {
            const { parent } = rows.rowAt(index);
            return parent === undefined ? 0 : rows.indexOf(parent.id);
          }}
          renderRow={(each, index) => (
            <div
              role="gridcell"
              className={css.cell}
              data-hit={hits.has(each.id) || undefined}
              style={{
                paddingLeft: `calc(4px + ${Math.min(each.level, MAX_INDENTS)} * min(14px, 2cqi))`,
              }}
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
                  <VisibleText text={beginOf(String(each.name), 200)} />:
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
  return <code>{value === undefined ? '–' : jsonText(value, 0)}</code>;
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
        "<VisibleText text={beginOf(value, MAX_VALUE).replaceAll(/\r?\n/g, '↵')} />
        {isCut ? '…' : '"'}
        {isCut && <span className={css.size}> {plural(value.length, 'character')}</span>}
      </bdi>
    );
  }
  return <span className={css.constant}>{jsonText(value, 0)}</span>;
}
