/** What a run of tests prints right before its totals, so that the end of a long log says which tests failed, and how. */

/** Lines of each error that are repeated, and what they come to where many tests failed. */
const LINES = 12;
const LINES_OF_MANY = 3;
const MANY = 20;

/**
 * Prints the titles and the first lines of the errors of tests that failed, under a line of its own that `.ci/run` looks
 * for. Prints nothing where none failed.
 * @param {{ title: string, error: string }[]} failures
 */
export function printFailedTests(failures) {
  if (failures.length === 0) return;
  const lines = failures.length > MANY ? LINES_OF_MANY : LINES;
  console.log('\nFailed:');
  for (const { title, error } of failures) console.log(`- ${title}\n${firstLinesOf(error, lines)}`);
  console.log();
}

/** The list of failures that mocha's `spec` reporter prints last, below `  3 failing`. */
export function failuresInSpec(output) {
  const start = output.search(/^ {2}\d+ failing$/m);
  if (start === -1) return [];
  // Each begins with `  1) `, its suites and its title below one another up to a line that ends with a colon.
  return output
    .slice(start)
    .split(/^ {2}\d+\) /m)
    .slice(1)
    .map((failure) => {
      const [title = '', error = ''] = failure.split(/:\n([\s\S]*)/, 2);
      return { title: title.trim().replace(/\s*\n\s*/g, ' > '), error };
    });
}

function firstLinesOf(error, count) {
  return error
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
    .slice(0, count)
    .map((line) => `    ${line.trim()}`)
    .join('\n');
}
