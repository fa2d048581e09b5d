/** Messages about functions among the options that fail. */

/** The function threw an error. */
export function optionThrewMessage(option: string): string {
  return `the function given as ${option} threw`;
}

/** The function returned a promise that was rejected. */
export function optionRejectedMessage(option: string): string {
  return `the promise of the function given as ${option} was rejected`;
}

/** The value that the function returned or promised threw when it was read. */
export function optionUnreadableMessage(option: string): string {
  return `the result of the function given as ${option} could not be read`;
}

/** The function returned a promise although its value is needed at once. */
export function optionAsyncMessage(
  option: string,
  effect = 'the promise counts as no value',
): string {
  return `the function given as ${option} returned a promise; its value is needed at once, so ${effect}`;
}
