import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Ends of these certificates (SHA-256, hex), as far as the embedded register knows them. Reads no sealed value. */
export const lookAtCertificateEnds = (
  file: string,
  certificates: readonly string[],
): ReadonlyMap<string, number> => {
  statSync(file);
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    const find = database.prepare('SELECT not_after AS notAfter FROM certificates WHERE thumbprint = ?');
    return new Map(
      certificates.flatMap((hex) => {
        const row = find.get(Buffer.from(hex, 'hex').toString('base64url')) as
          { readonly notAfter: number | null } | undefined;
        return typeof row?.notAfter === 'number' ? [[hex, row.notAfter] as const] : [];
      }),
    );
  } finally {
    database.close();
  }
};
