import { html } from '../../portal/html.ts';
import { Refusal } from '../../refusal/refusal.ts';
import { MANIFEST_FILE, SIGNATURE_FILE } from '../../trust/manifest.ts';
import { withEdits } from '../changes/files.ts';
import { formOf, textArea } from '../render/form.ts';
import { renderCard, renderHeading } from '../render/frame.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { FORM_TEXTS } from './form-texts.ts';
import { writeTar } from './tar.ts';

const proposalOf = async ({ parts, parameters }: PageCall) => {
  const proposal = await parts.changes.store.proposal(parameters['proposal'] ?? '');
  if (proposal.kind !== 'trust-list') throw new Refusal('ONECERT_CHANGE_UNKNOWN', 'not of the trust list');
  return proposal;
};

/** GET /console/trust/sign/:proposal : how a draft gets its signature. */
export const signPage = async (call: PageCall): Promise<PageAnswer> => {
  const { list, sign } = FORM_TEXTS[call.language];
  const { id } = await proposalOf(call);
  const main = html`${renderHeading(sign.title, {
    crumbs: [
      ['/console/trust', list],
      [`/console/changes/${id}`, id],
    ],
    lead: sign.lead,
    actions: html`<a class="button" href="/console/trust/sign/${id}/files.tar">${sign.download}</a>`,
  })}
  ${renderCard(
    'command',
    sign.command,
    html`<pre class="raw" tabindex="0" role="region" aria-label="${sign.command}">
mkdir trust-list && tar -xf trust-list.tar -C trust-list
onecert trust sign --trust trust-list --key operators.key --expires 30d</pre>`,
  )}
  ${formOf(call, {
    action: `/console/trust/sign/${id}`,
    button: sign.button,
    fields: html`${textArea({ name: 'manifest', label: sign.manifest, rows: 12, required: true })}
    ${textArea({ name: 'signature', label: sign.signature, rows: 3, required: true })}`,
  })}`;
  return { page: { title: sign.title, main } };
};

/** GET /console/trust/sign/:proposal/files.tar */
export const downloadDraft = async (call: PageCall): Promise<PageAnswer> => {
  const { files, proposedAt } = await proposalOf(call);
  return {
    download: { name: 'trust-list.tar', type: 'application/x-tar', body: writeTar(files, proposedAt) },
  };
};

/** POST /console/trust/sign/:proposal : whether it is good is told by the dry run, as of every draft. */
export const addSignature = async (call: PageCall): Promise<PageAnswer> => {
  const proposal = await proposalOf(call);
  // What was signed ends its lines with LF; browsers send CRLF.
  const field = (name: string): string => (call.form.get(name) ?? '').replaceAll('\r\n', '\n');
  const end = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);
  const files = withEdits(
    proposal.files,
    new Map([
      [MANIFEST_FILE, end(field('manifest'))],
      [SIGNATURE_FILE, `${field('signature').trim()}\n`],
    ]),
  );
  const { base, note, id } = proposal;
  await call.parts.changes.revise(call.caller.actor, id, { base, files, note });
  return { redirect: `/console/changes/${id}` };
};
