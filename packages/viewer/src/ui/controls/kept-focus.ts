/** Keeps the focus near its place when the element that has it is removed: a button that was pressed, a row, a chip. */

/** Without fields for text, in which the page's keys would be typed. */
const FOCUSABLE = 'button:not(:disabled), a[href], summary, [tabindex="0"]';

/** The elements around the one that has the focus, from the inside out, each with what stood beside it. */
type Surroundings = readonly {
  readonly element: Element;
  readonly parent: Element;
  /** Those behind it, then those before it. */
  readonly beside: readonly Element[];
}[];

/** The browser would give the focus to the page, where the next key means something else. @returns what stops it */
export function keepFocus(root: HTMLElement): () => void {
  let focused: Element | undefined;
  let around: Surroundings = [];
  const onFocus = ({ target }: FocusEvent) => {
    if (!(target instanceof Element)) return;
    focused = target;
    around = surroundingsOf(target, root);
  };
  const onBlur = ({ target }: FocusEvent) => {
    // A browser may report the removal as well, before the observer does: else the reader has left the element.
    setTimeout(() => {
      if (focused === target && document.activeElement !== target) focused = undefined;
    });
  };
  const observer = new MutationObserver(() => {
    if (focused === undefined || focused.isConnected) return;
    focused = undefined;
    if (document.activeElement === document.body) focusNear(around);
  });
  root.addEventListener('focusin', onFocus);
  root.addEventListener('focusout', onBlur);
  observer.observe(root, { childList: true, subtree: true });
  return () => {
    root.removeEventListener('focusin', onFocus);
    root.removeEventListener('focusout', onBlur);
    observer.disconnect();
  };
}

function surroundingsOf(focused: Element, root: Element): Surroundings {
  const around: Surroundings[number][] = [];
  for (let element = focused; element !== root; ) {
    const parent = element.parentElement;
    if (parent === null) return [];
    const all = [...parent.children];
    const place = all.indexOf(element);
    around.push({
      element,
      parent,
      beside: [...all.slice(place + 1), ...all.slice(0, place).reverse()],
    });
    element = parent;
  }
  return around;
}

function focusNear(around: Surroundings): void {
  const removed = around.find(({ parent }) => parent.isConnected);
  // Where a whole page was replaced, nothing is left around it.
  if (removed === undefined || removed === around.at(-1)) return;
  const { parent, beside } = removed;
  // What has come in its place is the nearest.
  const others = new Set(beside);
  const come = [...parent.children].filter((each) => !others.has(each));
  const places = [...come, ...beside.filter((each) => each.parentElement === parent), parent];
  const next = places.flatMap((place) => focusableIn(place) ?? [])[0];
  if (next !== undefined) {
    next.focus({ preventScroll: true });
  } else if (parent instanceof HTMLElement) {
    parent.tabIndex = -1;
    parent.focus({ preventScroll: true });
  }
}

function focusableIn(element: Element): HTMLElement | undefined {
  const found = element.matches(FOCUSABLE) ? element : element.querySelector(FOCUSABLE);
  return found instanceof HTMLElement ? found : undefined;
}
