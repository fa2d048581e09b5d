/** The faults that a request can ask for by its header `x-scenario`. */

import { type Exchange, sendJson } from './exchange.ts';

/** @returns whether the request was answered, or will never be */
export function misbehave(exchange: Exchange): boolean {
  const { scenario, attempt, res, req } = exchange;
  const [name, argument] = scenario.split('-');
  if (name === 'status') {
    sendJson(
      res,
      { error: { message: `it is ${argument}`, type: `type_${argument}` } },
      Number(argument),
    );
    return true;
  }
  if (name === 'once' && attempt === 0) {
    res.setHeader('retry-after-ms', '5');
    sendJson(res, { error: { message: `once ${argument}`, type: 'transient' } }, Number(argument));
    return true;
  }
  if (name === 'always') {
    res.setHeader('retry-after-ms', '5');
    sendJson(res, { error: { message: `always ${argument}`, type: 'down' } }, Number(argument));
    return true;
  }
  if (name === 'reset') {
    req.socket.destroy();
    return true;
  }
  if (name === 'html') {
    res.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>');
    return true;
  }
  return name === 'hang';
}
