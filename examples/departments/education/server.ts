import { createHash, randomUUID } from 'node:crypto';
import express, { Router } from 'express';
import { requireAssertion } from 'onecert/assertion';
import { answerCheck } from '../answer-check.ts';
import { greet } from '../greeting.ts';
import { listen } from '../listen.ts';
import { readSettings } from '../settings.ts';
import { checkSchoolEnrolment, readCheckSettings } from './school-check.ts';

// School enrolment check (education bureau), residence permit (public security) and family planning (health commission)
// on one server.
const settings = readSettings(8462);

const schoolEnrolment = Router()
  .use(requireAssertion({ ...settings, audience: 'school-enrolment' }))
  .get('/', greet({ zh: '入学资格核验', en: 'School Enrolment Check' }))
  .post('/applications', express.json({ limit: '256kb' }), (request, response) => {
    response
      .status(201)
      .json({ application: randomUUID(), for: request.onecert?.sub, content: request.body as unknown });
  })
  // Asks six other departments for whoever calls.
  .get('/check', checkSchoolEnrolment(readCheckSettings()))
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
  .get('/check', answerCheck({ zh: '居住证有效', en: 'The residence permit is valid' }))
  .get('/status', (request, response) => {
    response.json({ person: request.onecert?.unified_id, permit: 'valid' });
  });

const familyPlanning = Router()
  .use(requireAssertion({ ...settings, audience: 'family-planning' }))
  .get('/', greet({ zh: '计划生育证明', en: 'Family Planning Certificate' }))
  .get('/check', answerCheck({ zh: '生育登记齐全', en: 'The birth is registered' }));

const app = express()
  .disable('x-powered-by')
  .use('/school-enrolment', schoolEnrolment)
  .use('/family-planning', familyPlanning)
  .use('/', residencePermit);

listen(app, settings.port);
