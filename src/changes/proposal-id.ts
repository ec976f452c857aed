import { randomBytes } from 'node:crypto';

/**
 * 22 characters of base64url, 128 random bits less the ids that begin with "-": those would be read as an
 * option where a person gives one to a command.
 */
export const newProposalId = (random: (size: number) => Buffer = randomBytes): string => {
  for (;;) {
    const id = random(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
};
