import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import express, { Router } from 'express';
import { requireAssertion } from 'onecert/assertion';
import { answerCheck } from '../answer-check.ts';
import { greet } from '../greeting.ts';
import { listen } from '../listen.ts';
import { readSettings } from '../settings.ts';

// Joint tax registration (tax bureau), business registration and records (market supervision) on one server.
const settings = readSettings(8461);

const jointTax = Router()
  .use(requireAssertion({ ...settings, audience: 'joint-tax-registration' }))
  .get('/', greet({ zh: '联合办税登记', en: 'Joint Tax Registration' }))
  // Filed under the caller's pairwise id: the department's own name for whoever calls.
  .post('/applications', express.json({ limit: '256kb' }), (request, response) => {
    response
      .status(201)
      .json({ application: randomUUID(), for: request.onecert?.sub, content: request.body as unknown });
  })
  // As slow as asked, for trying the gateway's time-out.
  .get('/slow', async (request, response) => {
    await wait(Math.min(Number(request.query.seconds ?? 10), 120) * 1000);
    response.json({ answered: 'at last' });
  });

const businessRegistration = Router()
  .use(requireAssertion({ ...settings, audience: 'business-registration' }))
  .get('/', greet({ zh: '商事登记', en: 'Business Registration' }))
  // The enrolment asks for the certificate itself: it is the one the assertion is bound to (RFC 9440, RFC 8705).
  .get('/certificate', (request, response) => {
    const der = Buffer.from((request.get('Client-Cert') ?? '').replaceAll(':', ''), 'base64');
    const thumbprint = createHash('sha256').update(der).digest('base64url');
    const bound = thumbprint === request.onecert?.cnf?.['x5t#S256'];
    response.status(bound ? 200 : 403).json({ bound, bytes: der.length });
  });

const businessRecords = Router()
  .use(requireAssertion({ ...settings, audience: 'business-records' }))
  .get('/', greet({ zh: '经营登记查询', en: 'Business Records' }))
  .get('/check', answerCheck({ zh: '名下无在册企业', en: 'No enterprise under this name' }));

const app = express()
  .disable('x-powered-by')
  .use('/joint-tax', jointTax)
  .use('/business-registration', businessRegistration)
  .use('/business-records', businessRecords);

listen(app, settings.port);
