import assert from 'node:assert/strict';
import type { ServerOptions } from 'node:https';
import { join } from 'node:path';
import { needOpenssl } from '../skip.ts';
import { Authority } from './certificates.ts';
import {
  askAll,
  json,
  publishingTo,
  sideBySide,
  startChild,
  startCollector,
  temporaryFolder,
  until,
} from './support.ts';

const HOST = '127.0.0.1';

interface Case {
  readonly what: string;
  readonly tls: (authority: Authority, folder: string) => ServerOptions;
  readonly said: RegExp;
}

const CASES: readonly Case[] = [
  {
    what: 'whose certificate has expired',
    tls: (authority) => authority.identityOf(HOST, { isExpired: true }),
    said: /certificate has expired/,
  },
  {
    what: 'whose certificate is of another host',
    tls: (authority) => authority.identityOf('192.0.2.7'),
    said: /does not match certificate's altnames/,
  },
  {
    what: 'whose certificate is signed by itself',
    tls: (_authority, folder) => new Authority(folder, 'itself').identity,
    said: /self-signed certificate/,
  },
  {
    what: 'whose certificate is signed by an authority that is not trusted',
    tls: (_authority, folder) => new Authority(folder, 'another').identityOf(HOST),
    said: /unable to verify the first certificate/,
  },
  {
    what: 'that speaks no newer TLS than 1.1',
    tls: (authority) => ({
      ...authority.identityOf(HOST),
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    }),
    said: /alert protocol version|unsupported protocol/,
  },
];

async function liveThrough({ tls, said }: Case): Promise<void> {
  using folder = temporaryFolder();
  const authority = new Authority(folder.path);
  const bad = { TLS: JSON.stringify(tls(authority, folder.path)) };
  await using collector = await startCollector(folder.path, {}, bad);
  const app = await startChild('app.mts', {
    ...publishingTo(collector.url, join(folder.path, 'spool')),
    NODE_EXTRA_CA_CERTS: authority.path,
  });
  const ids = await askAll(app.port, 'row', 20);
  await until('they are spooled', async () => {
    const { stats } = await json<{ stats: { spooled: number } }>(app.port, '/stats');
    return stats.spooled >= 20;
  });
  assert.match(app.output.stderr, said);
  assert.equal(app.output.stderr.match(/^\[openlayer-tracing\]/gm)?.length, 1, app.output.stderr);
  assert.deepEqual(collector.calls(), []);
  await collector.kill();
  await collector.restart({}, { TLS: JSON.stringify(authority.identityOf(HOST)) });
  await collector.has(ids);
  const got = collector.rows().map(({ id }) => id);
  assert.equal(new Set(got).size, got.length, 'a row came twice');
  await app.kill();
}

describe('a platform', () => {
  let lives: readonly Promise<void>[] | undefined;

  for (const [i, { what }] of CASES.entries()) {
    it(`${what} gets no byte of a trace, and each trace once when that is mended`, async function () {
      needOpenssl(this);
      lives ??= sideBySide(
        2,
        CASES.map((each) => () => liveThrough(each)),
      );
      await lives[i];
    });
  }
});
