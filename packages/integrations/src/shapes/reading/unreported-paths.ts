/**
 * Patterns for the paths of an API to which requests are not reported, though they are not recorded: they cost nothing, or their
 * cost is recorded elsewhere.
 * @param templates the ends of the paths, separated by white space. `*` matches one part, `**` all parts that follow. `*` does
 *   not match a name that another template has in the same place: beside `agents/sessions/*`, the template `agents/*` does not
 *   match `agents/sessions`
 */
export function unreportedPaths(templates: string): readonly RegExp[] {
  const all = templates
    .trim()
    .split(/\s+/)
    .map((template) => template.split('/'));
  return all.map((parts) => {
    const pattern = parts.map((part, at) => {
      if (part === '**') return '.+';
      return part === '*' ? partExcept(namesAt(all, parts.slice(0, at))) : part;
    });
    return new RegExp(`/${pattern.join('/')}$`);
  });
}

function partExcept(names: readonly string[]): string {
  return names.length > 0 ? `(?!(?:${names.join('|')})(?:/|$))[^/]+` : '[^/]+';
}

/** The names that follow these parts in any template. */
function namesAt(all: readonly (readonly string[])[], before: readonly string[]): string[] {
  const beginning = `${before.join('/')}/`;
  const names = all
    .filter((parts) => `${parts.slice(0, before.length).join('/')}/` === beginning)
    .map((parts) => parts[before.length] ?? '');
  return [...new Set(names)].filter((name) => name !== '' && !name.startsWith('*'));
}
