/**
 * `npm run pack`: packs the packages for an app on this machine, as long as no registry has them, and prints how they are
 * installed. The folder is `tarballs`, or the one that is given.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { npm, prepare, root } from './prepare.mjs';

const SCOPE = '@openlayer-tracing/';

/** What an app installs, by what it is for. */
const CHOICES = {
  Express: ['express'],
  Koa: ['koa'],
  Hono: ['hono'],
  'jobs, scripts and route handlers (core alone)': ['core'],
  'LLM clients, beside one of these': ['integrations'],
  'the local server': ['local'],
  OpenTelemetry: ['otel'],
  'apps on cls-hooked': ['cls-hooked'],
};

prepare();
const into = resolve(process.argv[2] ?? join(root, 'tarballs'));
mkdirSync(into, { recursive: true });
for (const file of readdirSync(into)) {
  if (/^openlayer-tracing-.*\.tgz$/.test(file)) rmSync(join(into, file));
}
const folders = readdirSync(join(root, 'packages'));
const manifests = new Map(
  folders.map((folder) => [
    folder,
    JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')),
  ]),
);
const published = folders.filter((folder) => manifests.get(folder).private !== true);
const chosen = published.flatMap((folder) => ['-w', `packages/${folder}`]);
npm(['pack', '--ignore-scripts', '--pack-destination', into, ...chosen], { quiet: true });

console.log(`The packages are in ${into}. In your app:\n`);
for (const [what, folders] of Object.entries(CHOICES)) {
  console.log(`  # ${what}\n  npm i ${withDependencies(folders).map(tarballOf).join(' ')}\n`);
}

/** With those of ours that they depend on, which npm would look for in a registry. */
function withDependencies(wanted) {
  const all = new Set(wanted);
  for (const folder of all) {
    for (const name of Object.keys(manifests.get(folder).dependencies ?? {})) {
      if (name.startsWith(SCOPE)) all.add(name.slice(SCOPE.length));
    }
  }
  return [...all].reverse();
}

function tarballOf(folder) {
  const path = join(into, `openlayer-tracing-${folder}-${manifests.get(folder).version}.tgz`);
  return /\s/.test(path) ? JSON.stringify(path) : path;
}
