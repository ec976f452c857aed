import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Certificate } from '../certificate/certificate.ts';
import { CrlError, type CrlErrorCode } from './crl-error.ts';
import type { SharedCrl } from './shared-crl.ts';

export interface CrlRequest {
  /**
   * DER or PEM (one CRL): the path of a file, which is read piece by piece and needs no memory, or all bytes, whose
   * buffer passes to the loader and is empty afterwards.
   */
  readonly source: { readonly file: string } | { readonly bytes: Uint8Array<ArrayBuffer> };
  /** Certificates whose keys may have signed it; those of other names are passed over. */
  readonly issuers: readonly Certificate[];
  /** Names such as "ecdsa-sha256", "rsa-pss-sha256", "ed25519", "sm2-sm3". Default: all that are not known to be weak. */
  readonly allowedSignatures?: readonly string[];
  /** Bytes. */
  readonly sizeLimit?: number;
}

/** Reads CRLs in a thread of its own, one after another: no other thread ever waits for one. */
export interface CrlLoader {
  /** @throws CrlError for anything that is wrong with the CRL, or with the loader */
  load(request: CrlRequest): Promise<SharedCrl>;
  close(): Promise<void>;
}

/** What crosses to the loader thread. */
export interface CrlTask {
  readonly id: number;
  readonly source: CrlRequest['source'];
  readonly issuers: readonly Uint8Array[];
  readonly allowedSignatures: readonly string[] | undefined;
  readonly sizeLimit: number | undefined;
}

/** What comes back. */
export type CrlTaskResult =
  | { readonly id: number; readonly crl: SharedCrl }
  | { readonly id: number; readonly code: CrlErrorCode; readonly detail: string };

interface Pending {
  readonly resolve: (crl: SharedCrl) => void;
  readonly reject: (error: CrlError) => void;
}

/** MiB of heap; the index lies outside it, and nothing else of a CRL is kept. */
const HEAP_MIB = 256;

/** The thread is started with the first CRL, keeps nobody from exiting, and is replaced should it ever die. */
export const createCrlLoader = (): CrlLoader => {
  const pending = new Map<number, Pending>();
  let worker: Worker | undefined;
  let lastId = 0;
  let closed = false;

  const start = (): Worker => {
    const extension = extname(import.meta.url);
    const started = new Worker(new URL(`./crl-loader-thread${extension}`, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    });
    started.unref();
    const failAll = (detail: string, cause?: unknown): void => {
      // After an error comes the exit: by then another thread may be at work, whose tasks are not ours to fail.
      if (worker !== started) return;
      worker = undefined;
      for (const { reject } of pending.values()) reject(new CrlError('loader-failed', detail, { cause }));
      pending.clear();
    };
    started.on('message', (result: CrlTaskResult) => {
      const waiting = pending.get(result.id);
      pending.delete(result.id);
      if (pending.size === 0) started.unref();
      if ('crl' in result) waiting?.resolve(result.crl);
      else waiting?.reject(new CrlError(result.code, result.detail));
    });
    started.on('error', (cause: Error) => {
      failAll(cause.message, cause);
    });
    started.on('exit', (code) => {
      failAll(`the loader thread ended with code ${code}`);
    });
    return started;
  };

  return {
    load: ({ source, issuers, allowedSignatures, sizeLimit }) =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new CrlError('loader-failed', 'the loader is closed'));
          return;
        }
        worker ??= start();
        const id = ++lastId;
        const task: CrlTask = {
          id,
          source,
          // Copies: a view would take its whole buffer along.
          issuers: issuers.map(({ der }) => der.slice()),
          allowedSignatures,
          sizeLimit,
        };
        // Only a buffer that is all the CRL's can be given away: small Buffers share theirs with others.
        const owned = 'bytes' in source && source.bytes.byteLength === source.bytes.buffer.byteLength;
        try {
          worker.postMessage(task, owned ? [source.bytes.buffer] : []);
        } catch (cause) {
          reject(new CrlError('loader-failed', (cause as Error).message, { cause }));
          return;
        }
        pending.set(id, { resolve, reject });
        worker.ref();
      }),
    close: async () => {
      closed = true;
      await worker?.terminate();
    },
  };
};
