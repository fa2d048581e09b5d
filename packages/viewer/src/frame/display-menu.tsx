/** How the page shows things: zone and style of times, theme, invisible characters. */

import { Menu } from '@base-ui/react/menu';
import type { ReactNode } from 'react';
import { useClock } from '../state/clock.js';
import { changeSettings, useSettings } from '../state/settings.js';
import { useChangePageState } from '../state/use-page-state.js';
import { CheckItem } from '../ui/controls/check-item.js';
import { Icon } from '../ui/icons.js';
import controls from '../ui/styles/controls.module.css';
import popup from '../ui/styles/popup.module.css';
import css from './bar.module.css';

export function DisplayMenu(): ReactNode {
  const { theme, isRawText } = useSettings();
  const { zone, style } = useClock();
  const change = useChangePageState();
  return (
    <Menu.Root>
      <Menu.Trigger className={`${controls.button} ${css.look}`} title="Times and theme">
        <Icon name="clock" />
        <span className="visually-hidden">Times and theme: </span>
        <span className={css.wide}>{zone === 'utc' ? 'UTC' : 'Local time'}</span>
        <span className={`${css.wide} ${css.theme}`}>
          <Icon name="sun" />
        </span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end">
          <Menu.Popup className={`${popup.raised} ${popup.menu}`}>
            <Choices
              name="Zone"
              value={zone}
              choices={{ local: 'Local time', utc: 'UTC' }}
              onChange={(chosen) => {
                changeSettings({ zone: chosen });
                change({ zone: chosen }, { replace: true });
              }}
            />
            <Choices
              name="Times"
              value={style}
              choices={{ relative: 'Relative, up to an hour', absolute: 'Absolute' }}
              onChange={(chosen) => {
                changeSettings({ style: chosen });
                change({ clock: chosen }, { replace: true });
              }}
            />
            <Choices
              name="Theme"
              value={theme}
              choices={{ system: 'System', light: 'Light', dark: 'Dark' }}
              onChange={(chosen) => changeSettings({ theme: chosen })}
            />
            <Menu.Separator className={popup.separator} />
            <CheckItem
              label="Show invisible characters"
              isOn={!isRawText}
              onChange={(isOn) => changeSettings({ isRawText: !isOn })}
            />
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

/** Items of which one is on. */
function Choices<Value extends string>({
  name,
  value,
  choices,
  onChange,
}: {
  readonly name: string;
  readonly value: Value;
  readonly choices: Readonly<Record<Value, string>>;
  readonly onChange: (value: Value) => void;
}): ReactNode {
  const values = Object.keys(choices) as Value[];
  return (
    <Menu.Group>
      <Menu.GroupLabel className={popup.label}>{name}</Menu.GroupLabel>
      <Menu.RadioGroup value={value} onValueChange={onChange}>
        {values.map((each) => (
          <Menu.RadioItem key={each} value={each} className={popup.item} closeOnClick={false}>
            <span className={popup.tick}>
              <Menu.RadioItemIndicator>
                <Icon name="check" />
              </Menu.RadioItemIndicator>
            </span>
            {choices[each]}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </Menu.Group>
  );
}
