import { z } from 'zod';

/** Roles that enrolments may name; what each means, and how certificates say it: src/identity/acting.ts. */
export const actingRole = z.enum(['legal-representative', 'finance', 'agent', 'seal', 'unit', 'unknown']);
