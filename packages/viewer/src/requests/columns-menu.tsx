/** Chooses the columns of the list. */

import { Menu } from '@base-ui/react/menu';
import type { ReactNode } from 'react';
import { useChangePageState } from '../state/use-page-state.js';
import { CheckItem } from '../ui/controls/check-item.js';
import { Icon } from '../ui/icons.js';
import controls from '../ui/styles/controls.module.css';
import popup from '../ui/styles/popup.module.css';
import { COLUMN_NAMES, COLUMNS, type ColumnName } from './columns.js';

export function ColumnsMenu({
  columns,
  lines,
}: {
  readonly columns: readonly ColumnName[];
  readonly lines: 2 | undefined;
}): ReactNode {
  const change = useChangePageState();
  const show = (name: ColumnName, isOn: boolean) => {
    const isShown = (each: ColumnName) => (each === name ? isOn : columns.includes(each));
    change({ columns: COLUMN_NAMES.filter(isShown) }, { replace: true });
  };
  return (
    <Menu.Root>
      <Menu.Trigger className={controls.quiet}>
        <Icon name="columns" />
        Columns
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end">
          <Menu.Popup className={`${popup.raised} ${popup.menu}`}>
            <CheckItem
              label="Two lines"
              isOn={lines === 2}
              onChange={(isOn) => change({ lines: isOn ? 2 : undefined }, { replace: true })}
            />
            <Menu.Separator className={popup.separator} />
            {COLUMN_NAMES.map((name) => (
              <CheckItem
                key={name}
                label={COLUMNS[name].label}
                isOn={columns.includes(name)}
                onChange={(isOn) => show(name, isOn)}
              />
            ))}
            <Menu.Separator className={popup.separator} />
            <Menu.Item
              className={popup.item}
              onClick={() => change({ columns: undefined, lines: undefined })}
            >
              <span className={popup.tick} />
              Reset columns
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
