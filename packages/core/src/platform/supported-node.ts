/**
 * Imported before everything else, so that a Node that is too old says so, and not which function of Node's is missing.
 * Plain enough that such a Node can read it.
 */

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  throw new Error(
    `@openlayer-tracing/core needs Node 20.19 or newer, and this is Node ${process.versions.node}`,
  );
}
