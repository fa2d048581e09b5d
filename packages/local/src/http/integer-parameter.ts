import { Refusal } from './refusal.js';

/** The integer that a parameter of a URL has. @throws Refusal 400 for another text, and outside of the range */
export function integerParameter(
  name: string,
  text: string,
  [min, max]: readonly [min: number, max: number],
  { isViolation = false } = {},
): number {
  const value = Number(text);
  if (text !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Refusal(400, `${name} must be an integer from ${min} to ${max}`, { isViolation });
}
