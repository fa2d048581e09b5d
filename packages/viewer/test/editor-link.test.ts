import assert from 'node:assert/strict';
import { editorLink, placeIn, placeText } from '../src/reading/editor-link.ts';

const FOLDER = '/srv/library';
const VSCODE = { name: 'vscode', folder: FOLDER } as const;

function linkOf(frame: string, editor: Parameters<typeof editorLink>[1] = VSCODE) {
  const place = placeIn(frame);
  return place && editorLink(place, editor);
}

describe('a link of a stack frame', () => {
  it('opens the line in the editor of the server', () => {
    for (const frame of [
      'at answer (/srv/library/src/chat.ts:41:19)',
      'at async answer (file:///srv/library/src/chat.ts:41:19)',
      'at /srv/library/src/chat.ts:41:19',
      'at async file:///srv/library/src/chat.ts:41:19',
    ]) {
      assert.equal(linkOf(frame), 'vscode://file/srv/library/src/chat.ts:41:19', frame);
    }
    assert.equal(
      linkOf('at a (file:///srv/library/a%20b+c&d/x.ts:1:2)'),
      'vscode://file/srv/library/a%20b%2Bc%26d/x.ts:1:2',
    );
    assert.equal(
      linkOf('File "/srv/library/app.py", line 7, in answer'),
      'vscode://file/srv/library/app.py:7:1',
    );
  });

  it('has the form that the editor takes, with encoded names', () => {
    assert.equal(
      linkOf('at a (/srv/library/a b&c#d/x.ts:1:2)', { name: 'webstorm', folder: `${FOLDER}/` }),
      'webstorm://open?file=/srv/library/a%20b%26c%23d/x.ts&line=1&column=2',
    );
    assert.equal(
      linkOf('at a (C:\\work\\src\\x.ts:1:2)', { name: 'cursor', folder: 'C:\\work' }),
      'cursor://file/C%3A/work/src/x.ts:1:2',
    );
  });

  it('takes folders with parentheses, and the drive in upper or lower case', () => {
    for (const frame of [
      'at POST (/srv/library/app/(chat)/api/(.)x/route.ts:41:19)',
      'at /srv/library/app/(chat)/api/(.)x/route.ts:41:19',
      'at async file:///srv/library/app/(chat)/api/(.)x/route.ts:41:19',
    ]) {
      assert.equal(linkOf(frame), 'vscode://file/srv/library/app/(chat)/api/(.)x/route.ts:41:19');
    }
    assert.equal(
      linkOf('at a (c:\\work\\x.ts:1:2)', { name: 'cursor', folder: 'C:\\work' }),
      'cursor://file/C%3A/work/x.ts:1:2',
    );
    const frame = 'at eval (eval at run (/srv/library/x.js:1:2), <anonymous>:3:4)';
    assert.equal(placeIn(frame), undefined);
  });

  it('is missing for a file elsewhere, for a path that leads out of the folder, and without an editor', () => {
    for (const frame of [
      'at a (/etc/passwd:1:2)',
      'at a (/srv/library-of-others/x.ts:1:2)',
      'at a (/srv/library/../../etc/passwd:1:2)',
      'at a (/srv/library/./x.ts:1:2)',
      'at a (/srv/library//x.ts:1:2)',
      'at a (/srv/library/a\nb.ts:1:2)',
      'at a (src/x.ts:1:2)',
      'at a (node:internal/timers:1:2)',
      'at a (javascript:alert(1):1:2)',
      'at eval (<anonymous>)',
    ]) {
      assert.equal(linkOf(frame), undefined, frame);
    }
    assert.equal(linkOf('at a (/srv/library/x.ts:1:2)', null), undefined);
  });

  it('stands beside a place that can be copied, wherever the file is', () => {
    const place = placeIn('at a (/elsewhere/x y.ts:1:2)');
    assert.equal(place && placeText(place), '/elsewhere/x y.ts:1:2');
  });
});
