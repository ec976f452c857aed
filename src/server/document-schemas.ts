import { CHANGE_SCHEMAS, type DocumentSchema, type DocumentSchemas } from '../changes/schemas.ts';
import type { DocumentKind } from '../changes/document.ts';
import { departmentSchema } from '../services/enrolment.ts';
import { guideSchema } from '../services/guide.ts';
import { targetsSchema } from '../services/targets.ts';

/** Kinds that are one YAML file each. A kind that is not here is not open to changes yet; the trust list is a folder. */
export const DOCUMENT_SCHEMAS: DocumentSchemas = {
  ...CHANGE_SCHEMAS,
  department: { file: 'department.yaml', schema: departmentSchema },
  guide: { file: 'guide.yaml', schema: guideSchema },
  targets: { file: 'targets.yaml', schema: targetsSchema },
};

export const schemaOf = (kind: DocumentKind): DocumentSchema | undefined => DOCUMENT_SCHEMAS[kind];
