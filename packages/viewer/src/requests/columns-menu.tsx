/** Chooses the columns of the list. */

import { Menu } from '@base-ui/react/menu';
import type { ReactNode } from 'react';
import { useChangePageState } from '../state/use-page-state.js';
import controls from '../ui/controls.module.css';
import { Icon } from '../ui/icons.js';
import popup from '../ui/popup.module.css';
import { COLUMN_NAMES, COLUMNS, type ColumnName } from './columns.js';

export function ColumnsMenu({
  columns,
  lines,
}: {
  readonly columns: readonly ColumnName[];
  readonly lines: 2 | undefined;
}): ReactNode {
  const change = useChangePageState();
  return (
    <Menu.Root>
      <Menu.Trigger className={controls.quiet}>
        <Icon name="columns" />
        Columns
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end">
          <Menu.Popup className={popup.menu}>
            <Menu.CheckboxItem
              className={popup.item}
              checked={lines === 2}
              closeOnClick={false}
              onCheckedChange={(isOn) => change({ lines: isOn ? 2 : undefined }, { replace: true })}
            >
              <span className={popup.tick}>
                <Menu.CheckboxItemIndicator>
                  <Icon name="check" />
                </Menu.CheckboxItemIndicator>
              </span>
              Two lines
            </Menu.CheckboxItem>
            <Menu.Separator className={popup.separator} />
            {COLUMN_NAMES.map((name) => (
              <Menu.CheckboxItem
                key={name}
                className={popup.item}
                checked={columns.includes(name)}
                closeOnClick={false}
                onCheckedChange={(isOn) =>
                  change(
                    {
                      columns: COLUMN_NAMES.filter((each) =>
                        each === name ? isOn : columns.includes(each),
                      ),
                    },
                    { replace: true },
                  )
                }
              >
                <span className={popup.tick}>
                  <Menu.CheckboxItemIndicator>
                    <Icon name="check" />
                  </Menu.CheckboxItemIndicator>
                </span>
                {COLUMNS[name].label}
              </Menu.CheckboxItem>
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
