import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from '../../src/certificate/certificate.ts';
import { parseCertificate } from '../../src/certificate/parse.ts';
import { decodePem } from '../../src/certificate/pem.ts';
import { openDemoCity, type DemoCertificate, type DemoCity } from '../../src/demo/index.ts';
import { freePort } from '../free-port.ts';

export const TRUSTED = ['yuean', 'zhujiang', 'pengcheng'] as const;

/** A demo city in a folder of its own, in this process, with what it publishes on a free port. */
export interface OpenedCity {
  readonly folder: string;
  readonly city: DemoCity;
  readonly certificates: readonly DemoCertificate[];
  /** A file of an authority: root.crt, issuing.crt, ocsp.crt. */
  authorityFile(authority: string, name: string): string;
  close(): Promise<void>;
}

export const openCity = async (): Promise<OpenedCity> => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-demo-'));
  const city = await openDemoCity({ folder, cityPort: await freePort() });
  const publisher = await city.startResponders();
  return {
    folder,
    city,
    certificates: city.people.flatMap(({ certificates }) => certificates),
    authorityFile: (authority, name) => join(folder, 'city/authorities', authority, name),
    async close() {
      await publisher.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export const readCertificate = ({ certificate }: DemoCertificate): Certificate =>
  parseCertificate(decodePem(readFileSync(certificate, 'latin1'))[0] as Uint8Array);
