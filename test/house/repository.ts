/** The repository as the house tests see it: its files, and the folders that have a package.json of their own. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The files behind a specifier, by the condition under which they are taken. */
export interface EntryPoint {
  readonly types: string;
  readonly default: string;
  readonly require: { readonly types: string; readonly default: string };
}

/** The part of a package.json that the house has a say in. */
export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly type?: string;
  readonly license?: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly homepage?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | EntryPoint>>;
  readonly typesVersions?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly sideEffects?: false | readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Workspace {
  /** From the root of the repository, such as `packages/core`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

let files: readonly string[] | undefined;

/** Every file that is or could be committed, from the root of the repository. */
export function repositoryFiles(): readonly string[] {
  files ??= execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'],
    { cwd: ROOT, encoding: 'utf8' },
  )
    .split('\0')
    .filter((file) => file !== '' && existsSync(`${ROOT}${file}`));
  return files;
}

/** The packages, the examples and the tests. */
export function workspaces(): readonly Workspace[] {
  return repositoryFiles()
    .filter((file) => /^(packages\/[^/]+|examples\/[^/]+|test)\/package\.json$/.test(file))
    .map((file) => ({
      folder: file.slice(0, -'/package.json'.length),
      manifest: readManifest(file),
    }));
}

export function publishedPackages(): readonly Workspace[] {
  return workspaces().filter(({ manifest }) => manifest.private !== true);
}

export function readManifest(file: string): Manifest {
  return JSON.parse(readText(file)) as Manifest;
}

export function readText(file: string): string {
  return readFileSync(`${ROOT}${file}`, 'utf8');
}

/** The specifiers by which users import a package, `./package.json` aside. */
export function entryPointsOf({ manifest }: Workspace): readonly string[] {
  return Object.keys(manifest.exports ?? {})
    .filter((subpath) => subpath !== './package.json')
    .map((subpath) => `${manifest.name}${subpath.slice(1)}`);
}
