/** Certificates for a test, of an authority that nobody but its apps knows. */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** As Node's TLS servers take it. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

export class Authority {
  readonly #folder: string;
  readonly #name: string;

  /** @param folder where its files are kept */
  constructor(folder: string, name = 'authority') {
    this.#folder = folder;
    this.#name = name;
    const subject = ['-subj', `/CN=${name}`, '-days', '2'];
    openssl(folder, ['req', '-x509', ...newKey(name), ...subject, '-out', `${name}.pem`]);
  }

  /** The file that makes others trust it. */
  get path(): string {
    return join(this.#folder, `${this.#name}.pem`);
  }

  /** Its own. */
  get identity(): Identity {
    return identityIn(this.#folder, this.#name);
  }

  /** @param address an IP address */
  identityOf(address: string, { isExpired = false } = {}): Identity {
    const folder = this.#folder;
    openssl(folder, ['req', ...newKey('host'), '-subj', '/CN=host', '-out', 'host.csr']);
    writeFileSync(join(folder, 'host.ext'), `subjectAltName=IP:${address}`);
    const signed = ['x509', '-req', '-in', 'host.csr', '-out', 'host.pem', '-extfile', 'host.ext'];
    const by = ['-CA', `${this.#name}.pem`, '-CAkey', `${this.#name}.key`, '-CAcreateserial'];
    openssl(folder, [...signed, ...by, '-days', isExpired ? '-1' : '2']);
    return identityIn(folder, 'host');
  }
}

function newKey(name: string): readonly string[] {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  return [...curve, '-nodes', '-keyout', `${name}.key`];
}

function identityIn(folder: string, name: string): Identity {
  const text = (file: string) => readFileSync(join(folder, file), 'utf8');
  return { key: text(`${name}.key`), cert: text(`${name}.pem`) };
}

function openssl(folder: string, args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}
