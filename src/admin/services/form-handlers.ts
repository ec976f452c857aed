import { Refusal } from '../../refusal/refusal.ts';
import { baseOf } from '../changes/draft.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { departmentIn, readInForce, readProposal, type DepartmentText } from './department-document.ts';
import { addService, changeService, indexOfService, nameDepartment, readWritten } from './edit-department.ts';
import { claimsIn, fieldsOf, fieldsOfForm, readFields, type Fields } from './enrolment-fields.ts';
import { renderEnrolmentForm, sortIssues, type EnrolmentForm } from './form-page.ts';
import { FORM_TEXTS } from './form-texts.ts';
import { formBase, isAnswer, isOwnDraft, noteOf, saveDepartment } from './save.ts';

const HOME = '/console/services/of';

/** Version in force, or the draft that `?draft=` names. */
const fromQuery = (call: PageCall, department: string): Promise<DepartmentText> => {
  const draft = call.query.get('draft');
  return draft === null ? readInForce(call.parts, department) : readProposal(call.parts, department, draft);
};

const draftOf = (call: PageCall, from: DepartmentText): string | undefined =>
  isOwnDraft(call, from) ? from.draft?.id : undefined;

const show = (call: PageCall, form: EnrolmentForm, status = 200): PageAnswer => {
  const texts = FORM_TEXTS[call.language];
  const title = form.service === undefined ? texts.enrol : texts.change;
  return { status, page: { title, main: renderEnrolmentForm(call, form) } };
};

/** Whether nobody has said yet what the department is called. */
const isNameless = ({ base, draft }: DepartmentText): boolean => base === 0 && draft === undefined;

/** GET /console/services/of/:department/enrol */
export const enrolPage = async (call: PageCall): Promise<PageAnswer> => {
  const department = departmentIn(call.parameters);
  const from = await fromQuery(call, department);
  return show(call, {
    department,
    service: undefined,
    fields: new Map(),
    base: from.base,
    draft: draftOf(call, from),
    action: `${HOME}/${department}/enrol`,
    isNewDepartment: isNameless(from),
  });
};

/** GET /console/services/of/:department/service/:service/change */
export const changePage = async (call: PageCall): Promise<PageAnswer> => {
  const department = departmentIn(call.parameters);
  const from = await fromQuery(call, department);
  const { written } = findWritten(from, call.parameters['service'] ?? '');
  return show(call, {
    department,
    service: call.parameters['service'],
    fields: fieldsOf(written),
    base: from.base,
    draft: draftOf(call, from),
    action: `${HOME}/${department}/service/${call.parameters['service'] ?? ''}/change`,
    isNewDepartment: false,
  });
};

/** @throws Refusal ONECERT_SERVICE_NOT_FOUND */
export const findWritten = ({ text }: DepartmentText, service: string) => {
  const index = indexOfService(text, service);
  const written = readWritten(text)?.services[index];
  if (written === undefined) throw new Refusal('ONECERT_SERVICE_NOT_FOUND', 'no such service in the file');
  return { index, written };
};

/** POST: one more service, or another form of one, as a draft. */
const save = async (
  call: PageCall,
  from: DepartmentText,
  service: string | undefined,
  write: (fields: Fields) => string,
): Promise<PageAnswer> => {
  const texts = FORM_TEXTS[call.language];
  const { department } = from;
  const fields = fieldsOfForm(call.form);
  const isNewDepartment = isNameless(from);
  const written = write(fields);
  const text = isNewDepartment
    ? nameDepartment(written, {
        zh: fields.get('department-zh')?.[0] ?? '',
        en: fields.get('department-en')?.[0] ?? '',
      })
    : written;
  const said = fields.get('service')?.[0] ?? service ?? '';
  const note = noteOf(call, service === undefined ? texts.noteEnrol(said) : texts.noteChange(said));
  const answer = await saveDepartment(call, from, text, note);
  if (isAnswer(answer)) return answer;
  const services = readWritten(text)?.services ?? [];
  const index = service === undefined ? services.length - 1 : indexOfService(from.text, service);
  const { rows } = readFields(fields);
  return show(
    call,
    {
      department,
      service,
      fields,
      base: from.base,
      draft: draftOf(call, from),
      action: call.request.baseUrl + call.request.path,
      isNewDepartment,
      ...sortIssues(answer.issues, index, rows, claimsIn(services[index])),
    },
    422,
  );
};

export const enrol = async (call: PageCall): Promise<PageAnswer> => {
  const from = await formBase(call, departmentIn(call.parameters), baseOf(call));
  return save(call, from, undefined, (fields) => addService(from.text, readFields(fields).written));
};

export const change = async (call: PageCall): Promise<PageAnswer> => {
  const from = await formBase(call, departmentIn(call.parameters), baseOf(call));
  const service = call.parameters['service'] ?? '';
  const { index, written } = findWritten(from, service);
  const before = readFields(fieldsOf(written)).written;
  return save(call, from, service, (fields) =>
    changeService(from.text, index, before, readFields(fields).written),
  );
};
