/** The tools above the steps: find, only model steps, critical path, fold all. */

import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { MAX_SEARCH_LENGTH } from '../../../../local/src/page-api.js';
import { formatCount } from '../../format.js';
import { useChangePageState, usePageState } from '../../state/use-page-state.js';
import { useKeys } from '../../ui/controls/use-keys.js';
import { useTypedText } from '../../ui/controls/use-typed-text.js';
import { Icon } from '../../ui/icons.js';
import controls from '../../ui/styles/controls.module.css';
import { MODEL_TYPES, type StepsShown, type StepTree } from '../steps/step-tree.js';
import css from './steps-tools.module.css';
import type { Find } from './use-find.js';

export function StepsTools({
  find,
  tree,
  shown,
  onShown,
  totalSteps,
  isRestHidden,
  onRestHidden,
  isPathShown,
  onPathShown,
  onMatch,
  selected,
  isByName,
  onByName,
}: {
  readonly find: Find;
  readonly tree: StepTree;
  readonly shown: StepsShown;
  readonly onShown: (shown: StepsShown) => void;
  readonly totalSteps: number;
  readonly isRestHidden: boolean;
  readonly onRestHidden: (isHidden: boolean) => void;
  readonly isPathShown: boolean;
  readonly onPathShown: (isShown: boolean) => void;
  readonly onMatch: (step: number) => void;
  readonly selected: number;
  readonly isByName: boolean;
  readonly onByName: (isByName: boolean) => void;
}): ReactNode {
  const change = useChangePageState();
  const field = useRef<HTMLInputElement>(null);
  const { find: sought = '' } = usePageState();
  const { text, setText, onWrite } = useTypedText(sought, '');
  /** Direction in which to go once the words that were typed last have been sought. */
  const [wanted, setWanted] = useState<number>();
  const models = useMemo(
    () => tree.steps.reduce((sum, { type }) => sum + (MODEL_TYPES.has(type) ? 1 : 0), 0),
    [tree],
  );
  const areFolded = shown.folded.size > 0;
  useKeys({
    f: () => {
      field.current?.focus();
      field.current?.select();
      return true;
    },
  });
  const seek = (words: string) => {
    setText(words);
    setWanted(undefined);
    onWrite(words);
    change({ find: words || undefined }, { replace: true });
  };
  const go = (by: number) => {
    const { list } = find;
    if (list.length === 0) return;
    const at = list.indexOf(selected);
    const next =
      at >= 0
        ? list[(at + by + list.length) % list.length]
        : by > 0
          ? (list.find((step) => step > selected) ?? list[0])
          : (list.findLast((step) => step < selected) ?? list.at(-1));
    if (next !== undefined) onMatch(next);
  };
  const isSought = find.words === text.trim() && (find.list.length > 0 || !find.isLoading);
  useEffect(() => {
    if (wanted === undefined || !isSought) return;
    setWanted(undefined);
    go(wanted);
  });
  const place = find.list.indexOf(selected);
  return (
    <div>
      <div className={css.tools}>
        <div className={css.find}>
          <Icon name="search" />
          <input
            ref={field}
            type="search"
            aria-label="Find in this trace"
            placeholder={`Find in ${formatCount(totalSteps)} ${totalSteps === 1 ? 'step' : 'steps'}`}
            value={text}
            maxLength={MAX_SEARCH_LENGTH}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => seek(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') setWanted(event.shiftKey ? -1 : 1);
              else if (event.key !== 'Escape') return;
              else if (text === '') field.current?.blur();
              else seek('');
              event.preventDefault();
              event.stopPropagation();
            }}
          />
          {find.isOn && (
            <>
              <span className={css.count} aria-live="polite">
                {find.list.length === 0
                  ? find.isLoading
                    ? '…'
                    : 'no match'
                  : `${place < 0 ? '' : `${formatCount(place + 1)}/`}${formatCount(find.list.length)}${find.isLoading ? ' …' : find.isCut ? '+' : ''}`}
              </span>
              <button
                type="button"
                className={css.arrow}
                aria-label="Previous match"
                title="Previous match (Shift Enter)"
                onClick={() => go(-1)}
              >
                <Icon name="up" />
              </button>
              <button
                type="button"
                className={css.arrow}
                aria-label="Next match"
                title="Next match (Enter)"
                onClick={() => go(1)}
              >
                <Icon name="down" />
              </button>
              <button
                type="button"
                className={controls.quiet}
                aria-pressed={isRestHidden}
                onClick={() => onRestHidden(!isRestHidden)}
              >
                Hide the rest
              </button>
            </>
          )}
        </div>
        <span className={css.gap} />
        <button
          type="button"
          className={controls.quiet}
          aria-pressed={shown.modelsOnly}
          disabled={models === 0 && !shown.modelsOnly}
          title="Show only calls of models (m)"
          onClick={() => onShown({ ...shown, modelsOnly: !shown.modelsOnly })}
        >
          Models only ({formatCount(models)})
        </button>
        <button
          type="button"
          className={controls.quiet}
          aria-pressed={isPathShown}
          title="Emphasize the steps that determine how long the trace took (c)"
          onClick={() => onPathShown(!isPathShown)}
        >
          Critical path
        </button>
        <button
          type="button"
          className={controls.quiet}
          aria-pressed={isByName}
          title="Add up the steps of each name (s)"
          onClick={() => onByName(!isByName)}
        >
          By name
        </button>
        <button
          type="button"
          className={controls.quiet}
          // Without some of their steps, trees have nothing folded.
          disabled={isByName || shown.modelsOnly || (isRestHidden && find.isOn)}
          onClick={() =>
            onShown(areFolded ? { ...shown, folded: new Set() } : foldAll(tree, shown))
          }
        >
          {areFolded ? 'Unfold all' : 'Fold all'}
        </button>
      </div>
      {find.error !== null && (
        <p className={css.failure} role="alert">
          {`Only names were searched. ${find.error.message} `}
          <button type="button" className={controls.link} onClick={find.retry}>
            Search again
          </button>
        </p>
      )}
    </div>
  );
}

function foldAll(tree: StepTree, shown: StepsShown): StepsShown {
  const folded = new Set<number>();
  for (let index = 1; index < tree.steps.length; index++) {
    if ((tree.end[index] ?? 0) > index + 1) folded.add(index);
  }
  return { ...shown, folded, openGroups: new Set() };
}
