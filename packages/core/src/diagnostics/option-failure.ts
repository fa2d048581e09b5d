/** Messages about functions among the options that fail. */

/** Says that the function threw an error. */
export function optionThrewMessage(option: string): string {
  return `the function given as ${option} threw`;
}

/** Says that the function returned a promise that was rejected. */
export function optionRejectedMessage(option: string): string {
  return `the promise of the function given as ${option} was rejected`;
}

/** Says that the value that the function returned or promised threw when it was read. */
export function optionUnreadableMessage(option: string): string {
  return `the result of the function given as ${option} could not be read`;
}

/** Says that the function returned a promise although its value is needed at once. */
export function optionAsyncMessage(
  option: string,
  effect = 'the promise counts as no value',
): string {
  return `the function given as ${option} returned a promise; its value is needed at once, so ${effect}`;
}
