import { navigationOf, sendPage } from '../answer.ts';
import { signInsPage } from '../sign-ins-page.ts';
import { visitOf } from '../visit.ts';
import { Refusal } from '../../refusal/refusal.ts';
import { onBrowserListener, requireCaller, type Route } from './route.ts';

/** GET /me/sign-ins : what the audit log holds of this person's sign-ins; /me/sign-ins/:seq/proof : that it holds one. */
export const mySignInsRoute: Route = (app, portal) => {
  const { parts } = portal;
  app.get('/me/sign-ins', onBrowserListener(portal), async (request, response) => {
    const caller = await requireCaller(portal, request, response);
    if (caller === undefined) return;
    const content = {
      signIns: await parts.signInsOf(caller.identity.unifiedId),
      authorities: parts.authorities(),
    };
    sendPage(request, response, {
      ...signInsPage(content, visitOf(request).language),
      navigation: navigationOf(parts, request, response, 'me', caller),
    });
  });
  app.get('/me/sign-ins/:seq/proof', onBrowserListener(portal), async (request, response) => {
    const caller = await requireCaller(portal, request, response);
    if (caller === undefined) return;
    const { seq } = request.params;
    const number = typeof seq === 'string' && /^[1-9]\d{0,14}$/.test(seq) ? Number(seq) : 0;
    const proof = await parts.proveSignIn(caller.identity.unifiedId, number);
    if (proof === 'unknown')
      throw new Refusal('ONECERT_AUDIT_ENTRY_UNKNOWN', 'no sign-in of theirs, or a retired one');
    if (proof === 'pending') throw new Refusal('ONECERT_AUDIT_PROOF_PENDING', 'no checkpoint covers it');
    response
      .attachment(`sign-in-${number}.proof.json`)
      .set('Vary', 'Cookie')
      .type('application/json')
      .send(`${JSON.stringify(proof, undefined, 2)}\n`);
  });
};
