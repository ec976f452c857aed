import express, { Router } from 'express';
import { requireAssertion, verifyAssertion } from 'onecert/assertion';
import { WebSocketServer } from 'ws';
import { answerCheck } from '../answer-check.ts';
import { greet, type Greeting } from '../greeting.ts';
import { listen } from '../listen.ts';
import { readSettings } from '../settings.ts';

// Rental housing (housing bureau), social insurance (human resources) and property registration (natural resources) on
// one server; and two services that nobody gets to: the rental subsidy is disabled, the housing fund is not enrolled at the gateway at all.
const settings = readSettings(8463);

const service = (audience: string, zh: string, en: string, found?: Greeting): Router => {
  const router = Router()
    .use(requireAssertion({ ...settings, audience }))
    .get('/', greet({ zh, en }));
  return found === undefined ? router : router.get('/check', answerCheck(found));
};

const app = express()
  .disable('x-powered-by')
  .use(
    '/rental-housing',
    service('rental-housing', '房屋租赁', 'Rental Housing', {
      zh: '租赁合同已备案',
      en: 'A rental contract is on file',
    }),
  )
  .use('/rental-subsidy', service('rental-subsidy', '租房补贴', 'Rental Subsidy'))
  .use(
    '/social-insurance',
    service('social-insurance', '社会保险', 'Social Insurance', {
      zh: '连续参保 26 个月',
      en: 'Insured for 26 months without a break',
    }),
  )
  .use(
    '/property-registration',
    service('property-registration', '不动产登记查询', 'Property Registration', {
      zh: '名下无不动产',
      en: 'No property under this name',
    }),
  )
  .use('/housing-fund', service('housing-fund', '住房公积金', 'Housing Fund'));

const server = listen(app, settings.port);

// /rental-housing/consultation: a WebSocket that says back what it is told. The upgrade is a request like any other,
// with an assertion like any other; Express does not see it.
const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => socket.destroy());
  const refuse = (status: string): void => {
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  };
  if (request.url?.split('?')[0] !== '/rental-housing/consultation') return refuse('404 Not Found');
  const token = request.headers['onecert-assertion'];
  verifyAssertion(typeof token === 'string' ? token : '', { ...settings, audience: 'rental-housing' }).then(
    ({ sub }) =>
      sockets.handleUpgrade(request, socket, head, (client) => {
        client.on('error', () => client.terminate());
        client.send(`您好 ${sub}`);
        client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }));
      }),
    () => refuse('401 Unauthorized'),
  );
});
