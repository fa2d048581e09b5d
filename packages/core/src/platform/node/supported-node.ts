/**
 * Imported before everything else, so that a Node that is too old fails with its version and not with a missing function.
 * Uses no syntax that an old Node cannot parse.
 */

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  throw new Error(
    `@openlayer-tracing/core needs Node 20.19 or newer, but this is Node ${process.versions.node}`,
  );
}
