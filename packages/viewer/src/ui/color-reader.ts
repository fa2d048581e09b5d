/** Reads colours of the theme as a canvas takes them: a property of the theme holds one for light and one for dark. */
export function colorReader(element: HTMLElement): (css: string) => string {
  return (css) => {
    const { color: before } = element.style;
    element.style.color = css;
    const { color } = getComputedStyle(element);
    element.style.color = before;
    return color;
  };
}
