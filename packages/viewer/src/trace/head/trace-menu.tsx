/** The menu of a trace: copies its row, an HTTP request or a test, and compares it with another trace. */

import { Menu } from '@base-ui/react/menu';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { TraceDetail } from '../../../../local/src/page-api.js';
import { jsonText } from '../../json.js';
import { api } from '../../server/api.js';
import { toSearch } from '../../state/to-search.js';
import { copyText } from '../../ui/controls/copy-text.js';
import { Icon } from '../../ui/icons.js';
import controls from '../../ui/styles/controls.module.css';
import popup from '../../ui/styles/popup.module.css';
import { curlOf } from './curl.js';
import { DeleteDialog } from './delete-dialog.js';
import { testOf } from './generated-test.js';

export function TraceMenu({
  detail,
  onDeleted,
}: {
  readonly detail: TraceDetail;
  readonly onDeleted: () => void;
}): ReactNode {
  const { trace } = detail;
  const [notice, setNotice] = useState('');
  const [isDeleting, setDeleting] = useState(false);
  const withNotice = (work: () => Promise<string>) => async () => {
    setNotice(
      await work().catch((error: unknown) =>
        error instanceof Error ? error.message : String(error),
      ),
    );
    setTimeout(() => setNotice(''), 2500);
  };
  const copy = (name: string, make: () => Promise<string>) =>
    withNotice(async () => {
      await copyText(await make());
      return `${name} copied`;
    });
  const row = async () => (await api.row(trace.number)).row;
  const json = async () => jsonText(await row());
  const root = () => api.root(trace.number);
  const download = withNotice(async () => {
    // The config goes along, so that the page and `curl` can send the row again.
    const { config, row: own } = await api.row(trace.number);
    const text = jsonText({ config, rows: [own] });
    const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = address;
    link.download = `trace-${trace.number}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
    return 'Downloaded';
  });
  return (
    <>
      <span aria-live="polite" className={notice === '' ? 'visually-hidden' : undefined}>
        {notice}
      </span>
      <Menu.Root>
        <Menu.Trigger className={controls.button} title="Copy, download, compare, delete">
          <Icon name="more" />
          <span className="visually-hidden">Copy, download, compare, delete</span>
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner sideOffset={4} align="end">
            <Menu.Popup className={`${popup.raised} ${popup.menu}`}>
              <Menu.Item className={popup.item} onClick={copy('JSON', json)}>
                Copy as JSON
              </Menu.Item>
              <Menu.Item
                className={popup.item}
                disabled={trace.method === null}
                onClick={copy('curl', async () => curlOf(detail, await root()))}
              >
                Copy as curl
              </Menu.Item>
              <Menu.Item
                className={popup.item}
                onClick={copy('Test', async () => testOf(detail, await root()))}
              >
                Copy as a test
              </Menu.Item>
              <Menu.Item
                className={popup.item}
                onClick={copy(
                  'Link',
                  async () => location.origin + location.pathname + location.search,
                )}
              >
                Copy the link to this step and view
              </Menu.Item>
              <Menu.Item className={popup.item} onClick={download}>
                Download
              </Menu.Item>
              <Menu.Separator className={popup.separator} />
              <Menu.Item
                className={popup.item}
                render={<Link to="/compare" search={toSearch({ a: trace.number })} />}
              >
                Compare with another trace
              </Menu.Item>
              <Menu.Separator className={popup.separator} />
              <Menu.Item className={popup.item} onClick={() => setDeleting(true)}>
                Delete…
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      <DeleteDialog trace={trace} isOpen={isDeleting} onOpen={setDeleting} onDeleted={onDeleted} />
    </>
  );
}
