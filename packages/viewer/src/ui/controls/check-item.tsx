import { Menu } from '@base-ui/react/menu';
import type { ReactNode } from 'react';
import { Icon } from '../icons.js';
import css from '../styles/popup.module.css';

/** An item of a menu that is on or off. The menu stays open. */
export function CheckItem({
  label,
  isOn,
  onChange,
}: {
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}): ReactNode {
  return (
    <Menu.CheckboxItem
      className={css.item}
      checked={isOn}
      closeOnClick={false}
      onCheckedChange={onChange}
    >
      <span className={css.tick}>
        <Menu.CheckboxItemIndicator>
          <Icon name="check" />
        </Menu.CheckboxItemIndicator>
      </span>
      {label}
    </Menu.CheckboxItem>
  );
}
