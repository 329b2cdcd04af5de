// Memory that belongs to the requests in flight: it rises and falls with them and leaves nothing behind.
import { writeFileSync } from 'node:fs';

const pace = Number(process.env.PACE ?? 1);
const flight = new Set();
let requests = 0;
const begin = Date.now();
setInterval(() => {
  const phase = ((Date.now() - begin) / 1000 / (200 / pace)) * 2 * Math.PI;
  const perTick = Math.round(6 + 5 * Math.sin(phase));
  for (let i = 0; i < perTick; i++) {
    requests += 1;
    const body = Buffer.allocUnsafeSlow(192 * 1024).fill(1);
    flight.add(body);
    setTimeout(() => flight.delete(body), 4000);
  }
  writeFileSync(process.env.TRAFFIC, String(requests));
  if (requests % 50 < perTick) globalThis.gc?.();
}, 100);
