import { proveEntry, ProofError } from '../../audit/prove.ts';
import { html } from '../../portal/html.ts';
import { renderMoment } from '../../portal/moment.ts';
import { Refusal } from '../../refusal/refusal.ts';
import { hasRole } from '../access.ts';
import { formOf } from '../render/form.ts';
import { renderCard, renderFacts, renderHeading } from '../render/frame.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { reasonField } from '../identities/identity-page.ts';
import { reasonOf } from '../identities/reason.ts';
import { placeOf, readEntries, recordAsked } from './read-entries.ts';
import { textOf } from './search-page.ts';
import { AUDIT_TEXTS } from './texts.ts';

/** Fields that hold a time, in ms since the epoch. */
const TIMES: ReadonlySet<string> = new Set(['at', 'written', 'since']);

/** GET /console/audit/entries/:seq : without personal data. */
export const entryPage = (call: PageCall): Promise<PageAnswer> => render(call, false);

/** POST /console/audit/entries/:seq : opened, after the entry that says why. */
export const openEntry = async (call: PageCall): Promise<PageAnswer> => {
  const reason = reasonOf(call.form);
  const { seq } = await placeOf(call.parts.auditLog, call.parameters['seq']);
  await recordAsked(call.parts.auditLog, {
    what: 'audit-search',
    actor: call.caller.actor.unifiedId,
    reason,
    filter: JSON.stringify({ seq, open: true }),
  });
  return render(call, true);
};

const render = async (call: PageCall, open: boolean): Promise<PageAnswer> => {
  const { language, parts, caller } = call;
  const texts = AUDIT_TEXTS[language];
  const place = await placeOf(parts.auditLog, call.parameters['seq']);
  const [found] = await readEntries(parts.auditLog, [place], open);
  const { seq, segment } = place;
  const title = texts.entry(seq);
  const path = `/console/audit/entries/${seq}`;
  const seesAll = hasRole(caller.actor, 'operator', 'auditor');
  const fields = Object.entries(found?.entry ?? {}).map(
    ([name, value]) =>
      [
        name,
        html`<code class="long">${textOf(value)}</code>
          ${TIMES.has(name) ? renderMoment(Number(value), language) : undefined}`,
      ] as const,
  );
  const main = html`${renderHeading(title, { crumbs: [['/console/audit', texts.title]] })}
  ${renderCard(
    'fields',
    texts.fields,
    html`${found?.read === undefined ? html`<p>${texts.retired}</p>` : renderFacts(fields)}
    ${
      open || !seesAll
        ? undefined
        : html`<details>
            <summary>${texts.openEntry}</summary>
            ${formOf(call, { action: path, button: texts.openEntry, look: 'quiet', fields: reasonField(call) })}
          </details>`
    }`,
  )}
  ${
    seesAll
      ? renderCard(
          'place',
          texts.place,
          html`${renderFacts([
              [texts.place, texts.segment(segment, seq)],
              [texts.hash, found?.read && html`<code class="long">${found.read.hash}</code>`],
            ])}
            <p class="act"><a class="button small quiet" href="${path}/proof">${texts.proof}</a></p>
            <p class="muted small note">${texts.check}</p>
            <p>
              <code class="long">onecert audit check-proof entry-${seq}.proof.json --key &lt;vkey&gt;</code>
            </p>`,
        )
      : undefined
  }`;
  return { page: { title, main } };
};

/** GET /console/audit/entries/:seq/proof */
export const entryProof = async ({ parts, parameters }: PageCall): Promise<PageAnswer> => {
  const place = await placeOf(parts.auditLog, parameters['seq']);
  const [found] = await readEntries(parts.auditLog, [place], false);
  try {
    const options = found?.read === undefined ? {} : { line: found.read.line };
    const proof = await proveEntry(parts.auditLog.folder, place.seq, options);
    return {
      download: {
        name: `entry-${place.seq}.proof.json`,
        type: 'application/json',
        body: `${JSON.stringify(proof, undefined, 2)}\n`,
      },
    };
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    throw new Refusal('ONECERT_AUDIT_PROOF_PENDING', error.message, { cause: error });
  }
};
