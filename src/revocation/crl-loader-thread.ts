import { parentPort } from 'node:worker_threads';
import { parseCertificate } from '../certificate/parse.ts';
import { CrlError } from './crl-error.ts';
import type { CrlTask, CrlTaskResult } from './crl-loader.ts';
import { openCrlFile, openCrlBytes } from './crl-source.ts';
import { loadCrl } from './load-crl.ts';

const perform = ({ id, source, issuers, allowedSignatures, sizeLimit }: CrlTask): CrlTaskResult => {
  try {
    const opened = 'file' in source ? openCrlFile(source.file, sizeLimit) : openCrlBytes(source.bytes);
    try {
      const trust = {
        issuers: issuers.map((der) => parseCertificate(der)),
        ...(allowedSignatures === undefined ? {} : { allowedSignatures }),
        ...(sizeLimit === undefined ? {} : { sizeLimit }),
      };
      return { id, crl: loadCrl(opened, trust) };
    } finally {
      opened.close();
    }
  } catch (error) {
    if (error instanceof CrlError) return { id, code: error.code, detail: error.detail };
    // A defect, or no memory for the index: it must not take the other CRLs along.
    return { id, code: 'loader-failed', detail: (error as Error).message };
  }
};

parentPort?.on('message', (task: CrlTask) => {
  parentPort?.postMessage(perform(task));
});
