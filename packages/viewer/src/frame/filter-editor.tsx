/** Edits one filter. */

import { Popover } from '@base-ui/react/popover';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { Icon } from '../ui/icons.js';
import controls from '../ui/styles/controls.module.css';
import popup from '../ui/styles/popup.module.css';
import { FIELD_NAMES, FIELDS, type FieldName } from './filter-fields.js';
import css from './filters.module.css';
import { listText, readList } from './typed-list.js';

export function FilterEditor({
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
          <Popover.Popup className={`${popup.raised} ${popup.form} ${css.popup}`}>
            <Popover.Title className={css.title}>
              {name === undefined ? 'Add a filter' : FIELDS[name].label}
            </Popover.Title>
            {name === undefined && (
              <select
                aria-label="What to filter by"
                className={controls.field}
                value={chosen}
                onChange={(event) => setChosen(event.target.value as FieldName)}
              >
                {FIELD_NAMES.map((each) => (
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

/** A status, as a field takes it. */
const STATUS = '[1-9]([0-9]{2}|[xX]{2})';

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
    const typed = String(form.get('text') ?? '');
    if (field.kind === 'flag') apply(true);
    else if (field.kind === 'number') apply(typed.trim() === '' ? undefined : Number(typed));
    else if (field.kind === 'choice') apply(form.get('choice') ?? undefined);
    else {
      const all = [...form.getAll('choice').map(String), ...readList(typed)];
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
          className={controls.field}
          aria-label={`${field.label}; several separated by commas`}
          placeholder={
            field.kind === 'texts' ? 'Several are separated by commas' : 'Or numbers: 429, 503'
          }
          defaultValue={listText(free.map(String))}
          {...(name === 'status' && {
            pattern: `\\s*(${STATUS}\\s*,\\s*)*(${STATUS}\\s*)?`,
            title: 'Such as 429, or 4xx for all of them',
          })}
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
            className={controls.field}
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
      <button type="submit" className={controls.primary}>
        Apply
      </button>
    </form>
  );
}
