/** How the page shows things: zone and style of times, theme, invisible characters. */

import { Menu } from '@base-ui/react/menu';
import type { ReactNode } from 'react';
import { useClock } from '../state/clock.js';
import { changeSettings, useSettings } from '../state/settings.js';
import { useChangePageState } from '../state/use-page-state.js';
import controls from '../ui/controls.module.css';
import { Icon } from '../ui/icons.js';
import popup from '../ui/popup.module.css';
import css from './bar.module.css';

export function DisplayMenu(): ReactNode {
  const { theme, isRawText } = useSettings();
  const { zone, style } = useClock();
  const change = useChangePageState();
  const radio = (
    name: string,
    value: string,
    all: readonly (readonly [string, string])[],
    onChange: (value: string) => void,
  ) => (
    <Menu.Group>
      <Menu.GroupLabel className={popup.label}>{name}</Menu.GroupLabel>
      <Menu.RadioGroup value={value} onValueChange={onChange}>
        {all.map(([each, word]) => (
          <Menu.RadioItem key={each} value={each} className={popup.item} closeOnClick={false}>
            <span className={popup.tick}>
              <Menu.RadioItemIndicator>
                <Icon name="check" />
              </Menu.RadioItemIndicator>
            </span>
            {word}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </Menu.Group>
  );
  return (
    <Menu.Root>
      <Menu.Trigger className={`${controls.button} ${css.look}`} title="Times and theme">
        <Icon name="clock" />
        <span className="visually-hidden">Times and theme: </span>
        <span className={css.wide}>{zone === 'utc' ? 'UTC' : 'Local time'}</span>
        <Icon name="sun" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end">
          <Menu.Popup className={popup.menu}>
            {radio(
              'Zone',
              zone,
              [
                ['local', 'Local time'],
                ['utc', 'UTC'],
              ],
              (value) => {
                const chosen = value === 'utc' ? 'utc' : 'local';
                changeSettings({ zone: chosen });
                change({ zone: chosen }, { replace: true });
              },
            )}
            {radio(
              'Times',
              style,
              [
                ['relative', 'Relative, up to an hour'],
                ['absolute', 'Absolute'],
              ],
              (value) => {
                const chosen = value === 'absolute' ? 'absolute' : 'relative';
                changeSettings({ style: chosen });
                change({ clock: chosen }, { replace: true });
              },
            )}
            {radio(
              'Theme',
              theme,
              [
                ['system', 'System'],
                ['light', 'Light'],
                ['dark', 'Dark'],
              ],
              (value) =>
                changeSettings({ theme: value === 'light' || value === 'dark' ? value : 'system' }),
            )}
            <Menu.Separator className={popup.separator} />
            <Menu.CheckboxItem
              className={popup.item}
              checked={!isRawText}
              closeOnClick={false}
              onCheckedChange={(isChecked) => changeSettings({ isRawText: !isChecked })}
            >
              <span className={popup.tick}>
                <Menu.CheckboxItemIndicator>
                  <Icon name="check" />
                </Menu.CheckboxItemIndicator>
              </span>
              Show invisible characters
            </Menu.CheckboxItem>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
