import { createHash, randomUUID } from 'node:crypto';
import express, { Router } from 'express';
import { requireAssertion } from 'onecert/assertion';
import { greet } from '../greeting.ts';
import { listen } from '../listen.ts';
import { readSettings } from '../settings.ts';

// School enrolment check (education bureau) and residence permit (public security) on one server.
const settings = readSettings(8462);

const schoolEnrolment = Router()
  .use(requireAssertion({ ...settings, audience: 'school-enrolment' }))
  .get('/', greet({ zh: '入学资格核验', en: 'School Enrolment Check' }))
  .post('/applications', express.json({ limit: '256kb' }), (request, response) => {
    response
      .status(201)
      .json({ application: randomUUID(), for: request.onecert?.sub, content: request.body as unknown });
  })
  // Scans and photographs: read as they come, never held as a whole.
  .all('/materials', async (request, response) => {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    response.status(201).json({ bytes, sha256: hash.digest('hex') });
  });

// Its enrolment takes /residence-permit off the path: here it is the root.
const residencePermit = Router()
  .use(requireAssertion({ ...settings, audience: 'residence-permit' }))
  .get('/', greet({ zh: '居住证', en: 'Residence Permit' }))
  .get('/status', (request, response) => {
    response.json({ person: request.onecert?.unified_id, permit: 'valid' });
  });

const app = express()
  .disable('x-powered-by')
  .use('/school-enrolment', schoolEnrolment)
  .use('/', residencePermit);

listen(app, settings.port);
