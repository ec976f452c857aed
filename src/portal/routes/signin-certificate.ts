import { navigationOf, sendPage } from '../answer.ts';
import { certificateAdvice, noCertificatePage } from '../certificate-advice.ts';
import { limitByAddress } from '../limit-attempts.ts';
import { record, refusalEntry } from '../record.ts';
import { refuse } from '../refuse.ts';
import { servesCertificates, textOf, visitOf } from '../visit.ts';
import type { Route } from './route.ts';

/** GET /signin/certificate?request=… : sign-in by the certificate that the browser shows in the TLS handshake. */
export const signInCertificateRoute: Route = (app, { parts, signIn }) => {
  app.get('/signin/certificate', limitByAddress(parts, 'certificate'), async (request, response) => {
    const visit = visitOf(request);
    if (!servesCertificates(visit)) return response.redirect(303, '/signin');
    const handover = parts.handover.read(textOf(request.query['request']));
    if (handover === undefined || handover.origin !== parts.urls.browser) {
      return refuse(parts, request, response, {
        code: 'ONECERT_HANDOVER_INVALID',
        detail: 'no request of ours, or too old',
      });
    }
    const again = `${parts.urls.browser}/signin?return=${encodeURIComponent(handover.target)}`;
    const way = visit.context.listener === 'terminator' ? 'terminator' : 'mutual-tls';
    const attempt = await signIn.attempt(way, request, response);
    if ('admission' in attempt) {
      const { session } = await signIn.begin(attempt.admission, request, true);
      const code = await parts.handover.issue(handover, session.key);
      return response.redirect(303, `${parts.urls.browser}/signin/complete?code=${code}`);
    }
    const { code, admission, detail } = attempt.failure;
    if (code !== 'ONECERT_CERTIFICATE_REQUIRED') {
      const advice = certificateAdvice(again, visit.language);
      return refuse(parts, request, response, { code, detail, admission, advice });
    }
    const { method, path } = request;
    await record(parts, refusalEntry(visit, { code, reason: detail, admission, method, path }));
    sendPage(
      request,
      response,
      {
        ...noCertificatePage(again, visit.language),
        navigation: navigationOf(parts, request, response, 'signin', undefined),
      },
      401,
    );
  });
};
