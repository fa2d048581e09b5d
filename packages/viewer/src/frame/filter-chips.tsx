/** The filters of the list as chips, which are edited and removed. */

import type { ReactNode } from 'react';
import { FILTERS, type PageState } from '../state/page-state.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { Icon } from '../ui/icons.js';
import controls from '../ui/styles/controls.module.css';
import { FilterEditor } from './filter-editor.js';
import { FIELD_NAMES, FIELDS, type FieldName } from './filter-fields.js';
import css from './filters.module.css';

export function FilterChips(): ReactNode {
  const state = usePageState();
  const change = useChangePageState();
  const set = FIELD_NAMES.filter((name) => state[name] !== undefined);
  return (
    <div className={css.chips} role="group" aria-label="Filters">
      {set.map((name) => (
        <span key={name} className={css.chip}>
          <FilterEditor name={name} label={chipText(name, state)} className={css.edit} />
          <button
            type="button"
            aria-label={`Remove the filter ${FIELDS[name].label}`}
            onClick={() => change({ [name]: undefined })}
          >
            <Icon name="close" />
          </button>
        </span>
      ))}
      <FilterEditor name={undefined} label="Filter" className={`${controls.button} ${css.add}`} />
      {set.length > 1 && (
        <button
          type="button"
          className={controls.link}
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
