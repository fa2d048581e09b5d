/** Compares the names of models, which clients and instrumentations of OpenTelemetry write differently. */

/** Whether both name the same model, as far as they are known. */
export function isSameModel(one: unknown, other: unknown): boolean {
  return (
    typeof one !== 'string' ||
    typeof other !== 'string' ||
    isSameName(one.replace(PATH, ''), other.replace(PATH, ''))
  );
}

/** What Google puts before the names of models. */
const PATH = /^(publishers\/[^/]+\/)?models\//;

/** Bedrock puts a region and a vendor before them: some instrumentations leave these out, one has the vendor alone. */
function isSameName(one: string, other: string): boolean {
  return one === other || isShortOf(one, other) || isShortOf(other, one);
}

/** Whether the name is the model, or the vendor, of a name with both. */
function isShortOf(short: string, name: string): boolean {
  const [, vendor, model] = QUALIFIED.exec(name) ?? [];
  if (model === undefined) return false;
  return short === vendor || (QUALIFIED.exec(short)?.[2] ?? short) === model;
}

/** A region, a vendor and a model, such as `eu.anthropic.claude-3-haiku`. What follows the dot of a version begins with a digit. */
const QUALIFIED = /^(?:[a-z]{2,6}(?:-[a-z]+)?\.)?([a-z][a-z0-9]*)\.([a-z].*)$/;
