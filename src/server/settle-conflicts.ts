import type { DocumentVersion } from '../changes/document.ts';
import { CHANGE_SCHEMAS } from '../changes/schemas.ts';
import { parseYaml } from '../configuration/read-yaml.ts';
import type { IdentityRegister } from '../identity/register.ts';

export type Conflicts = Pick<IdentityRegister, 'settleConflict'>;

/**
 * Carries out what a version of kind `conflict` decided; the same again changes nothing. Rejects with the register's
 * Refusal.
 */
export const settleConflict = async (
  register: Conflicts,
  { name, files, at }: DocumentVersion,
): Promise<void> => {
  const [file] = files;
  // Taken away: what was joined stays so.
  if (file === undefined) return;
  const { schema } = CHANGE_SCHEMAS.conflict;
  const { value } = parseYaml(`conflict/${name}/${file.path}`, file.content.toString('utf8'), schema);
  const { decision, identity, name: chosen } = value;
  await register.settleConflict(
    Number(name),
    decision === 'join' && identity !== undefined
      ? { decision, identity, ...(chosen !== undefined && { name: chosen }) }
      : { decision: 'keep-refused' },
    at,
  );
};
