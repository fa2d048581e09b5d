/** Times and sizes as options name them: `90m`, `7d`, `500MB`. */

export const AGES: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

export const SIZES: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KB', 1000],
  ['MB', 1000 ** 2],
  ['GB', 1000 ** 3],
  ['TB', 1000 ** 4],
]);

/** The number that a text such as `7d` means; undefined if it means none, or less than 1. */
export function parseWithUnit(
  text: string,
  units: ReadonlyMap<string, number>,
): number | undefined {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([a-z]+)$/i.exec(text) ?? [];
  const size = units.get(unit.toLowerCase()) ?? units.get(unit.toUpperCase());
  const value = size === undefined ? Number.NaN : Math.round(Number(number) * size);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** The number with the largest unit that leaves it whole. */
export function withUnit(value: number, units: ReadonlyMap<string, number>): string {
  const [unit, size] = [...units].reverse().find(([, each]) => value % each === 0) ?? ['', 1];
  return `${value / size}${unit}`;
}
