/** Opens traces that were downloaded or copied: they are sent to the server, into a pipeline of their own. */

import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useRef, useState } from 'react';
import { MAX_PAGE_LENGTH, OPENED_FILES_PIPELINE } from '../../../local/src/page-api.js';
import { readTraceFile } from '../reading/trace-file.js';
import { api } from '../server/api.js';
import { toSearch } from '../state/to-search.js';
import { Icon } from '../ui/icons.js';
import controls from '../ui/styles/controls.module.css';

export function OpenFile(): ReactNode {
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const [failure, setFailure] = useState('');
  const open = async (files: readonly File[]) => {
    setFailure('');
    const before = (await api.traces({}, { limit: 1 })).newest;
    let sent = 0;
    for (const file of files) {
      const call = readTraceFile(await file.text());
      await api.send(OPENED_FILES_PIPELINE, call);
      sent += call.rows.length;
    }
    const { traces } = await api.traces(
      { pipeline: OPENED_FILES_PIPELINE },
      { limit: MAX_PAGE_LENGTH },
    );
    const [first] = traces.filter(({ number }) => number > before);
    if (sent === 1 && first !== undefined) {
      await navigate({ to: '/traces/$number', params: { number: String(first.number) } });
    } else {
      await navigate({ to: '/requests', search: toSearch({ pipeline: OPENED_FILES_PIPELINE }) });
    }
  };
  return (
    <>
      {failure !== '' && <span role="alert">{failure}</span>}
      <button type="button" className={controls.quiet} onClick={() => input.current?.click()}>
        <Icon name="open" />
        Open a file
      </button>
      <input
        ref={input}
        type="file"
        accept="application/json,.json"
        multiple
        hidden
        aria-label="Files with traces"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = '';
          open(files).catch((error: unknown) =>
            setFailure(error instanceof Error ? error.message : String(error)),
          );
        }}
      />
    </>
  );
}
